// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// `image remove REF…`.
struct ImageRemoveOptions {
  std::vector<std::string> references;
  bool ignore_not_found = false;
};

/// Removes images one after the other; stops at the first that fails.
Result<> image_remove(Host& host, const ImageRemoveOptions& options);

void add_image_remove(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
