// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// `containerd ctr`: what follows "--".
struct ContainerdCtrOptions {
  std::vector<std::string> arguments;
};

/// ctr's command line: our address and namespace as its global flags, then the arguments, whose own
/// global flags win because ctr takes the last.
std::vector<std::string> ctr_command(const std::string& program, const config::Config& config,
                                     const std::vector<std::string>& arguments);

/// Becomes ctr: returns only when that fails. not_found with a hint when ctr is not installed.
Result<> containerd_ctr(Host& host, const ContainerdCtrOptions& options);

void add_containerd_ctr(cli::Command& containerd, Host& host);

}  // namespace flintctl::cmd
