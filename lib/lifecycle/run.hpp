// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "core/result.hpp"
#include "lifecycle/context.hpp"
#include "vm/record.hpp"
#include "vmm/provider.hpp"

namespace flintctl::lifecycle {

/// Until when a start waits.
enum class WaitFor {
  none,     ///< the hypervisor was told to run the guest
  running,  ///< it says that the guest's CPUs run
  booted,   ///< the console shows userspace
};

struct WaitOptions {
  WaitFor until = WaitFor::running;
  std::chrono::milliseconds timeout = std::chrono::minutes(2);  ///< from the start on
  std::string boot_marker;  ///< regular expression; empty: see BootScanner
};

/// A VM about to run, with who shall run it.
struct Run {
  const vm::Record& record;
  const vmm::Provider& provider;
  const vmm::Probe& probe;  ///< of the provider; only a wait needs none
  WaitOptions wait;
};

/// The VM as its provider sees it. `root_device` may be a placeholder when only a plan is wanted.
vmm::Machine machine_of(const PlanContext& context, const Run& run, const std::string& root_device);

/// From a record and its snapshot to a running guest: device checked, folders, bounded log space,
/// taps, hypervisor in its cgroup, boot, wait. Errors quote the console's and the hypervisor's last
/// words. On failure what was made is left for the caller to remove or keep: see stop_run.
Result<> bring_up(const Context& context, const Run& run);

/// The wait of bring_up for a VM that runs already; at once when it was seen to boot.
Result<> await_running(const Context& context, const Run& run);

/// Takes away what bring_up made and a stopped VM does not need: hypervisor, taps, runtime folder.
Result<> stop_run(const Context& context, const std::string& uid);

}  // namespace flintctl::lifecycle
