// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "containerd/private.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `containerd status`.
struct ContainerdStatusOptions {
  std::string config_path = private_containerd_config;
};

/// Shows the private containerd; host_not_ready when it does not run or its snapshotter is not ok.
Result<> containerd_status(Host& host, const ContainerdStatusOptions& options);

void add_containerd_status(cli::Command& containerd, Host& host);

}  // namespace flintctl::cmd
