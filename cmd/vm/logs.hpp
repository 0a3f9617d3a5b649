// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `vm logs`.
struct VmLogsOptions {
  std::string name;
  std::optional<std::string> tail;  ///< lines
  bool follow = false;
  bool hypervisor = false;
};

/// Prints what the guest wrote to its console, or what its hypervisor said.
Result<> vm_logs(Host& host, const VmLogsOptions& options);

void add_vm_logs(cli::Command& vm, Host& host);

}  // namespace flintctl::cmd
