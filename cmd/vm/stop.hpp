// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "vm/targets.hpp"

namespace flintctl::cmd {

/// Flags of `vm stop`.
struct VmStopOptions {
  VmChoice choice;
  std::chrono::milliseconds grace = std::chrono::seconds(30);
};

/// Stops VMs one after the other; prints "vm/NAME stopped" or "vm/NAME unchanged".
Result<> vm_stop(Host& host, const VmStopOptions& options);

void add_vm_stop(cli::Command& vm, Host& host);

}  // namespace flintctl::cmd
