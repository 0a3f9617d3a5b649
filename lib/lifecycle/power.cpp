// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/power.hpp"

#include <fmt/format.h>

#include "inventory/lock.hpp"
#include "inventory/records.hpp"
#include "inventory/runtime.hpp"
#include "lifecycle/boot_scanner.hpp"
#include "vm/name.hpp"

namespace flintctl::lifecycle {
namespace {

using namespace std::chrono_literals;

std::string shown(const Target& target) { return vm::display_name(target.name_space, target.name); }

Result<sys::FileLock> lock(const Context& context, const Target& target) {
  return inventory::lock_name(context.paths, context.client, target.name_space, target.name, 0ms);
}

/// Only a VM whose create ended and whose delete did not begin can start.
Result<> check_startable(const vm::Summary& summary, const Target& target) {
  switch (summary.stage) {
    case vm::Stage::created:
      return {};
    case vm::Stage::creating:
      return Error(Code::aborted,
                   fmt::format("the create of VM '{}' was interrupted", shown(target)))
          .with_hint("run the same 'flintctl vm create' again");
    case vm::Stage::deleting:
      return Error(Code::aborted, fmt::format("VM '{}' is being deleted", shown(target)))
          .with_hint(fmt::format("finish it with '{}'",
                                 vm::vm_command("delete", target.name_space, target.name)));
  }
  return {};
}

/// Evidence is for people: that it cannot be kept must not fail what goes on.
void keep(const Context& context, const std::string& uid, const inventory::Exit& exit) {
  (void)inventory::write_exit(context.paths, uid, exit);
}

/// Why the last run ended, as far as its files tell; nothing when it never ran or is recorded.
void keep_evidence(const Context& context, const vmm::Provider& provider, const std::string& uid) {
  if (inventory::read_exit(context.paths, uid)) return;
  const auto runtime = inventory::read_runtime(context.paths, uid);
  if (!runtime) return;
  const auto evidence =
      provider.exit_evidence(inventory::instance_of(context.paths, uid), runtime->console_offset);
  keep(context, uid, inventory::exit_from(evidence, std::chrono::system_clock::now()));
}

Result<> start_under_lock(const Context& context, const StartOptions& options) {
  inventory::Records records(context.client);
  const auto record = TRY(records.read(options.target.name_space, options.target.name));
  const auto provider = TRY(context.parts.provider(record.spec.provider));
  const auto probe = TRY(provider->probe());
  auto up = bring_up(context, {record, *provider, probe, options.wait});
  if (up) return up;
  if (context.parts.alive(record.uid).value_or(true)) {
    keep(context, record.uid,
         {"StartFailed", up.error().text(), true, std::chrono::system_clock::now()});
  } else {
    keep_evidence(context, *provider, record.uid);
  }
  if (auto stopped = stop_run(context, record.uid); !stopped) {
    say(context, fmt::format("something is left: {}", stopped.error().text()));
  }
  return up;
}

/// What the caller waits for may be yet to come: an earlier start may have waited for less. A VM
/// that disappoints stays as it is, for this start did not start it.
Result<> await_again(const Context& context, const StartOptions& options) {
  const auto record =
      TRY(inventory::Records(context.client).read(options.target.name_space, options.target.name));
  const auto provider = TRY(context.parts.provider(record.spec.provider));
  const vmm::Probe unasked;
  return await_running(context, {record, *provider, unasked, options.wait});
}

inventory::Exit exit_of_stop(vmm::StopOutcome outcome) {
  const auto now = std::chrono::system_clock::now();
  if (outcome == vmm::StopOutcome::clean)
    return {"ShutDown", "the guest powered off when asked", false, now};
  return {"Forced", "the hypervisor was ended by force", false, now};
}

}  // namespace

Result<Change> start_vm(const Context& context, const StartOptions& options) {
  TRY(BootScanner::create(options.wait.boot_marker));
  const auto held = TRY(lock(context, options.target));
  inventory::Records records(context.client);
  const auto summary = TRY(records.find(options.target.name_space, options.target.name));
  TRY(check_startable(summary, options.target));
  if (TRY(context.parts.alive(summary.uid))) {
    TRY(await_again(context, options)
            .context(fmt::format("waiting for VM '{}'", shown(options.target))));
    return Change::unchanged;
  }
  TRY(start_under_lock(context, options)
          .context(fmt::format("starting VM '{}'", shown(options.target))));
  return Change::changed;
}

Result<Change> stop_vm(const Context& context, const StopOptions& options) {
  const auto held = TRY(lock(context, options.target));
  inventory::Records records(context.client);
  const auto summary = TRY(records.find(options.target.name_space, options.target.name));
  const auto what = fmt::format("stopping VM '{}'", shown(options.target));
  const auto provider = TRY(context.parts.provider(summary.provider));
  const auto instance = inventory::instance_of(context.paths, summary.uid);
  const auto outcome = TRY(context.parts.stop(*provider, instance, options.grace).context(what));
  if (outcome == vmm::StopOutcome::already_stopped) {
    keep_evidence(context, *provider, summary.uid);
  } else {
    TRY(inventory::write_exit(context.paths, summary.uid, exit_of_stop(outcome)));
  }
  TRY(stop_run(context, summary.uid).context(what));
  return outcome == vmm::StopOutcome::already_stopped ? Change::unchanged : Change::changed;
}

}  // namespace flintctl::lifecycle
