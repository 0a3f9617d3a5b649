// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "cli/command.hpp"
#include "containerd/private.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `containerd stop`.
struct ContainerdStopOptions {
  std::string config_path = private_containerd_config;
  std::chrono::milliseconds grace = std::chrono::seconds(10);
};

/// Ends the containerd that flintctl started; running VMs go on.
Result<> containerd_stop(Host& host, const ContainerdStopOptions& options);

void add_containerd_stop(cli::Command& containerd, Host& host);

}  // namespace flintctl::cmd
