// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/documents.hpp"
#include "oci/platform.hpp"

namespace flintctl::image {

/// The label of an image's outermost document that tells its chain IDs, those for images of this
/// configuration's architecture: an index has several. Empty for a name that is none.
std::string chain_label(const oci::ImageConfig& config);

/// Counts of lowest layers that local images share with this one. Two requests, however many images
/// there are; of other clients' images, which have no such label, the first 64 are read.
Result<std::set<std::size_t>> shared_prefixes(containerd::Client& client,
                                              const Documents& documents,
                                              const oci::Platform& platform);

}  // namespace flintctl::image
