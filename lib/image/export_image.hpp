// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "oci/platform.hpp"
#include "oci/reference.hpp"

namespace flintctl::image {

/// Writes images, each for one platform, as the tar of an OCI layout that `docker load` reads too.
/// Layers that several have are written once. Refused by name, before the first byte, when an image
/// or the blob of a layer is not here. OCI image specification, image-layout.md.
Result<> export_images(containerd::Client& client, const std::vector<oci::Reference>& references,
                       const oci::Platform& platform,
                       const std::function<Result<>(std::string_view)>& sink);

}  // namespace flintctl::image
