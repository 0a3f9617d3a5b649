// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "cli/command.hpp"
#include "containerd/private.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `containerd start`.
struct ContainerdStartOptions {
  std::string config_path = private_containerd_config;
  std::string log_file;  ///< empty: default_containerd_log()
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  bool debug = false;
};

/// Starts the private containerd and waits until it and its snapshotter work.
Result<> containerd_start(Host& host, const ContainerdStartOptions& options);

void add_containerd_start(cli::Command& containerd, Host& host);

}  // namespace flintctl::cmd
