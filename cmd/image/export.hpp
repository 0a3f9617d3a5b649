// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// `image export REF…`.
struct ImageExportOptions {
  std::vector<std::string> references;
  std::string file = "-";  ///< "-": standard output
  std::string platform;    ///< empty: this machine's
};

/// Writes images to one file, which is there as a whole or not at all.
Result<> image_export(Host& host, const ImageExportOptions& options);

void add_image_export(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
