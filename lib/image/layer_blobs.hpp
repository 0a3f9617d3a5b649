// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/layer_source.hpp"
#include "oci/manifest.hpp"

namespace flintctl::image {

/// Whether containerd's content store holds the blobs of all these layers.
Result<bool> have_blobs(containerd::Client& client, const std::vector<oci::Descriptor>& layers);

/// Writes the layers' blobs to containerd's content store through `leased`, each once it has wholly
/// arrived; containerd checks the digests.
Result<> keep_blobs(containerd::Client& leased, const std::vector<oci::Descriptor>& layers,
                    LayerSource& source);

}  // namespace flintctl::image
