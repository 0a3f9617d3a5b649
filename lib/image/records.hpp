// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/documents.hpp"
#include "oci/reference.hpp"

namespace flintctl::image {

/// Where an image came from, which its blobs' labels tell other clients.
enum class Origin { registry, local };

/// Writes an image's documents as blobs, and its record, through `leased` (a client whose writes
/// belong to a lease), with the labels by which containerd's collector finds from the record
/// through index, manifest and config to the snapshot of `snapshotter`, if it has one. The manifest
/// refers to the layers' blobs that are there and to no others, as CRI's does with
/// discard_unpacked_layers.
Result<> write_records(containerd::Client& leased, const oci::Reference& reference,
                       const Documents& documents, const std::optional<std::string>& snapshotter,
                       Origin origin);

}  // namespace flintctl::image
