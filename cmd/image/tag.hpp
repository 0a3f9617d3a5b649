// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// `image tag SOURCE TARGET`.
struct ImageTagOptions {
  std::string source;
  std::string target;
};

/// Gives an image another name, also one that another image has by now.
Result<> image_tag(Host& host, const ImageTagOptions& options);

void add_image_tag(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
