// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "image/settings.hpp"

namespace flintctl::cmd {

/// `image inspect REF…`.
struct ImageInspectOptions {
  std::vector<std::string> references;
  LookFlags look;
};

/// Prints all that is known of images, as YAML unless -o says otherwise.
Result<> image_inspect(Host& host, const ImageInspectOptions& options);

void add_image_inspect(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
