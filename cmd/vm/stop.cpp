// SPDX-License-Identifier: Apache-2.0
#include "vm/stop.hpp"

#include <memory>

#include "lifecycle/power.hpp"
#include "outcome.hpp"
#include "sys/host.hpp"
#include "vm/session.hpp"

namespace flintctl::cmd {

Result<> vm_stop(Host& host, const VmStopOptions& options) {
  TRY(host.format());
  TRY(sys::require_root("stopping a VM"));
  const auto session = TRY(open_vm_session(host));
  const auto change = [&](const std::string& name) -> Result<bool> {
    return TRY(lifecycle::stop_vm(*session.context, {vm_target(host, name), options.grace})) ==
           lifecycle::Change::changed;
  };
  return change_each(host, options.names, {vm_kind, "stopped", change});
}

void add_vm_stop(cli::Command& vm, Host& host) {
  auto options = std::make_shared<VmStopOptions>();
  vm.add("stop", "Stop VMs: the guest is asked to power off, then ended by force")
      .example("flintctl vm stop web --grace 0s", "at once by force")
      .arguments("NAME", options->names, 1, "VMs to stop")
      .duration_option("--grace", options->grace, "Time for the guest to power off by itself")
      .action([options, &host] { return vm_stop(host, *options); });
}

}  // namespace flintctl::cmd
