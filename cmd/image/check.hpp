// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "image/settings.hpp"

namespace flintctl::cmd {

/// `image check [REF…]`.
struct ImageCheckOptions {
  std::vector<std::string> references;  ///< empty: all images
  LookFlags look;
};

/// Says of each image whether it is complete. An error when one is not.
Result<> image_check(Host& host, const ImageCheckOptions& options);

void add_image_check(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
