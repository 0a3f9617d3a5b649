// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "image/settings.hpp"

namespace flintctl::cmd {

/// `image login REGISTRY`.
struct ImageLoginOptions {
  std::string registry;
  std::string username;
  bool password_on_stdin = false;
  RegistryFlags flags;
};

/// Shows the registry the credentials, and keeps them where docker would when it takes them.
Result<> image_login(Host& host, const ImageLoginOptions& options);

void add_image_login(cli::Command& image, Host& host);

/// The host of a registry as it is named on a command line: "docker.io", "registry.example:5000".
Result<std::string> parse_registry(const std::string& text);

}  // namespace flintctl::cmd
