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
  const auto targets = TRY(parse_choice(host, options.choice));
  TRY(sys::require_root("stopping a VM"));
  const auto session = TRY(open_vm_session(host));
  const auto change = [&](const Subject& vm) -> Result<bool> {
    return TRY(lifecycle::stop_vm(*session.context, {target_of(vm), options.grace})) ==
           lifecycle::Change::changed;
  };
  return change_each(host, TRY(find_targets(host, *session.context, targets)),
                     {vm_kind, "stopped", change, targets.form});
}

void add_vm_stop(cli::Command& vm, Host& host) {
  auto options = std::make_shared<VmStopOptions>();
  auto& stop = vm.add("stop", "Stop VMs: the guest is asked to power off, then ended by force");
  stop.example("flintctl vm stop web --grace 0s", "at once by force")
      .example("flintctl vm stop -l app=web", "all with that label")
      .duration_option("--grace", options->grace, "Time for the guest to power off by itself")
      .action([options, &host] { return vm_stop(host, *options); });
  add_vm_choice(stop, options->choice, "VMs to stop");
}

}  // namespace flintctl::cmd
