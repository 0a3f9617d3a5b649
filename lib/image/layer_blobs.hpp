// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/layer_source.hpp"
#include "image/local_image.hpp"
#include "image/progress.hpp"
#include "oci/manifest.hpp"

namespace flintctl::image {

/// Whether containerd's content store holds the blobs of all these layers.
Result<bool> have_blobs(containerd::Client& client, const std::vector<oci::Descriptor>& layers);

/// The same, and `lease` then keeps them from being collected: another image that does may be
/// removed.
Result<bool> hold_blobs(containerd::Client& client, const std::string& lease,
                        const std::vector<oci::Descriptor>& layers);

/// have_blobs(), and whether the image's manifest keeps them from being collected: another image
/// that does may be removed.
Result<bool> keeps_blobs(containerd::Client& client, const LocalImage& image);

/// Writes the layers' blobs to containerd's content store through `leased`, each once it has wholly
/// arrived; containerd checks the digests. It is done then, as `progress` hears.
Result<> keep_blobs(containerd::Client& leased, const std::vector<oci::Descriptor>& layers,
                    LayerSource& source, Progress& progress);

}  // namespace flintctl::image
