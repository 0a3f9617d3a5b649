// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `vm list`.
struct VmListOptions {
  std::string selector;  ///< labels; empty: all
};

/// Prints the VMs of the namespace, or all with -A. Tables come from labels and the kernel alone:
/// no record is read and no hypervisor asked; -o json and its like read the records.
Result<> vm_list(Host& host, const VmListOptions& options);

void add_vm_list(cli::Command& vm, Host& host);

}  // namespace flintctl::cmd
