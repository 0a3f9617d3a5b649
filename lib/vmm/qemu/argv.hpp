// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vmm/machine.hpp"
#include "vmm/provider.hpp"

namespace flintctl::vmm::qemu {

/// QEMU's whole command line for a `microvm` machine. docs/system/i386/microvm.rst.
std::vector<std::string> build_argv(const Machine& machine, const Probe& probe,
                                    const Settings& settings);

/// Where QEMU's trace of run states and shutdown requests goes: in the run folder, not beside the
/// console, because the evidence must fit when a guest has filled the log mount. A handful of
/// lines.
std::string trace_log(const Instance& instance);
/// Takes a client that types into the guest's console.
std::string console_socket(const Instance& instance);

}  // namespace flintctl::vmm::qemu
