// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// `image check [REF…]`.
struct ImageCheckOptions {
  std::vector<std::string> references;  ///< empty: all images
  std::string snapshotter;              ///< empty: the configured one
  std::string platform;                 ///< empty: this machine's
};

/// Says of each image whether it is complete. An error when one is not.
Result<> image_check(Host& host, const ImageCheckOptions& options);

void add_image_check(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
