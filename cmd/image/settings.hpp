// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "image/pull_image.hpp"

namespace flintctl::cmd {

/// The flags about registries and snapshots that all commands which may pull have.
struct PullFlags {
  std::string platform;     ///< empty: this machine's
  std::string snapshotter;  ///< empty: the configured one
  std::string layers = "auto";
  std::string auth_file;
  std::string progress = "auto";
  bool plain_http = false;
};

void add_pull_flags(cli::Command& command, PullFlags& flags);

/// What image::pull needs, from flags and configuration; credentials for `reference` are looked up.
Result<image::PullOptions> pull_options(Host& host, const PullFlags& flags,
                                        const oci::Reference& reference);

}  // namespace flintctl::cmd
