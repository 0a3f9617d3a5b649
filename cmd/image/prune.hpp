// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// `image prune`.
struct ImagePruneOptions {
  std::chrono::milliseconds older_than{};  ///< since the image was pulled or named
  std::string platform;                    ///< empty: this machine's
  bool dry_run = false;
};

/// Removes the images that no VM was made from. What is not ours to judge (other clients' records
/// that are no image for a VM) stays.
Result<> image_prune(Host& host, const ImagePruneOptions& options);

void add_image_prune(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
