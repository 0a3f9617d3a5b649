// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "vm/session.hpp"
#include "vm/targets.hpp"

namespace flintctl::cmd {

/// Flags of `vm start`.
struct VmStartOptions {
  VmChoice choice;
  VmWaitFlags wait;
  bool overcommit = false;
};

/// Starts VMs one after the other; prints "vm/NAME started" or "vm/NAME unchanged".
Result<> vm_start(Host& host, const VmStartOptions& options);

void add_vm_start(cli::Command& vm, Host& host);

}  // namespace flintctl::cmd
