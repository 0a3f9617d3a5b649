// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "image/settings.hpp"

namespace flintctl::cmd {

/// `image pull REF…`.
struct ImagePullOptions {
  std::vector<std::string> references;
  PullFlags flags;
  bool overcommit = false;
};

/// Pulls them at once, with one display, and fails when one failed. Prints "image/NAME pulled" or
/// "image/NAME unchanged" for each.
Result<> image_pull(Host& host, const ImagePullOptions& options);

void add_image_pull(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
