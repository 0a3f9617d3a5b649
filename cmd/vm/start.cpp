// SPDX-License-Identifier: Apache-2.0
#include "vm/start.hpp"

#include <memory>

#include "lifecycle/power.hpp"
#include "outcome.hpp"
#include "pool/guard.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {

Result<> vm_start(Host& host, const VmStartOptions& options) {
  TRY(host.format());
  const auto targets = TRY(parse_choice(host, options.choice));
  TRY(sys::require_root("starting a VM"));
  TRY(guard_pool(host, options.overcommit ? Overcommit::allowed : Overcommit::refused));
  const auto session = TRY(open_vm_session(host));
  const auto change = [&](const Subject& vm) -> Result<bool> {
    return TRY(lifecycle::start_vm(*session.context,
                                   {target_of(vm), wait_options(options.wait)})) ==
           lifecycle::Change::changed;
  };
  return change_each(host, TRY(find_targets(host, *session.context, targets)),
                     {vm_kind, "started", change, targets.form});
}

void add_vm_start(cli::Command& vm, Host& host) {
  auto options = std::make_shared<VmStartOptions>();
  auto& start = vm.add("start", "Start stopped VMs");
  start.example("flintctl vm start web --wait=booted", "and return when its userspace is up")
      .example("flintctl vm start -l app=web", "all with that label")
      .flag("--overcommit", options->overcommit, overcommit_help)
      .action([options, &host] { return vm_start(host, *options); });
  add_vm_choice(start, options->choice, "VMs to start");
  add_wait_flags(start, options->wait);
}

}  // namespace flintctl::cmd
