// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "image/kernel_image.hpp"
#include "image/settings.hpp"

namespace flintctl::cmd {

/// `image build-kernel FILE`.
struct ImageBuildKernelOptions {
  image::InstalledKernel kernel;
  std::string name;
  InstallFlags flags;
};

/// Makes a kernel image of an installed kernel. Prints "image/NAME built" or "image/NAME
/// unchanged".
Result<> image_build_kernel(Host& host, const ImageBuildKernelOptions& options);

void add_image_build_kernel(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
