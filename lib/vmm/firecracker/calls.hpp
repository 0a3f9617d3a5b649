// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vmm/machine.hpp"
#include "vmm/plan.hpp"

namespace flintctl::vmm::firecracker {

/// The API calls that make and start a machine, in the order in which guests see its devices.
std::vector<ApiCall> boot_calls(const Machine& machine);

ApiCall action_call(std::string_view action);   ///< "InstanceStart", "SendCtrlAltDel"
ApiCall vm_state_call(std::string_view state);  ///< "Paused", "Resumed"

}  // namespace flintctl::vmm::firecracker
