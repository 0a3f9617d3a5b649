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
  TRY(sys::require_root("starting a VM"));
  TRY(guard_pool(host, options.overcommit ? Overcommit::allowed : Overcommit::refused));
  const auto session = TRY(open_vm_session(host));
  const auto change = [&](const std::string& name) -> Result<bool> {
    return TRY(lifecycle::start_vm(*session.context,
                                   {vm_target(host, name), wait_options(options.wait)})) ==
           lifecycle::Change::changed;
  };
  return change_each(host, options.names, {vm_kind, "started", change});
}

void add_vm_start(cli::Command& vm, Host& host) {
  auto options = std::make_shared<VmStartOptions>();
  auto& start = vm.add("start", "Start stopped VMs");
  start.example("flintctl vm start web --wait=booted", "and return when its userspace is up")
      .arguments("NAME", options->names, 1, "VMs to start")
      .flag("--overcommit", options->overcommit, overcommit_help)
      .action([options, &host] { return vm_start(host, *options); });
  add_wait_flags(start, options->wait);
}

}  // namespace flintctl::cmd
