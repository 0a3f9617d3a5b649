// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// `image logout REGISTRY`.
struct ImageLogoutOptions {
  std::string registry;
  std::string auth_file;
};

/// Forgets what `image login` or `docker login` kept; fine when there is nothing.
Result<> image_logout(Host& host, const ImageLogoutOptions& options);

void add_image_logout(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
