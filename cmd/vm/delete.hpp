// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "vm/targets.hpp"

namespace flintctl::cmd {

/// Flags of `vm delete`.
struct VmDeleteOptions {
  VmChoice choice;
  bool ignore_not_found = false;
};

/// Deletes VMs one after the other, in any state; prints "vm/NAME deleted".
Result<> vm_delete(Host& host, const VmDeleteOptions& options);

void add_vm_delete(cli::Command& vm, Host& host);

}  // namespace flintctl::cmd
