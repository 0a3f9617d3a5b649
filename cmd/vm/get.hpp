// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Prints one VM with its status, for which its hypervisor is asked.
Result<> vm_get(Host& host, const std::string& name);

void add_vm_get(cli::Command& vm, Host& host);

}  // namespace flintctl::cmd
