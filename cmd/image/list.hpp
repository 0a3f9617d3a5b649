// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "image/settings.hpp"

namespace flintctl::cmd {

/// `image list`.
struct ImageListOptions {
  LookFlags look;
};

/// Prints the images in our namespace of containerd, by name. Quiet prints the names only.
Result<> image_list(Host& host, const ImageListOptions& options);

void add_image_list(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
