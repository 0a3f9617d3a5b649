// SPDX-License-Identifier: Apache-2.0
#include "inventory/status.hpp"

#include "inventory/lock.hpp"
#include "sys/process.hpp"

namespace flintctl::inventory {
namespace {

/// The word for scripts, and whether the end was a failure.
std::pair<const char*, bool> judge(vmm::ExitReason reason) {
  switch (reason) {
    case vmm::ExitReason::guest_shutdown:
      return {"GuestShutdown", false};
    case vmm::ExitReason::guest_reset:
      return {"GuestReset", false};
    case vmm::ExitReason::guest_panic:
      return {"GuestPanic", true};
    case vmm::ExitReason::killed:
      return {"Killed", true};
    case vmm::ExitReason::quit:
      return {"HypervisorQuit", false};
    case vmm::ExitReason::hypervisor_error:
      return {"HypervisorError", true};
    case vmm::ExitReason::oom:
      return {"OutOfMemory", true};
    case vmm::ExitReason::unknown:
      break;
  }
  return {"Exited", false};
}

vm::GuestState guest_state(vmm::State state) {
  switch (state) {
    case vmm::State::starting:
      return vm::GuestState::starting;
    case vmm::State::running:
      return vm::GuestState::running;
    case vmm::State::paused:
      return vm::GuestState::paused;
    case vmm::State::stopped:
    case vmm::State::absent:
      return vm::GuestState::stopped;
    case vmm::State::failed:
      return vm::GuestState::failed;
    case vmm::State::unknown:
      break;
  }
  return vm::GuestState::unknown;
}

}  // namespace

vmm::Instance instance_of(const Paths& paths, const std::string& uid) {
  return {uid, paths.run_directory(uid), paths.console_log(uid)};
}

Exit exit_from(const vmm::ExitEvidence& evidence, vm::Time at) {
  const auto [reason, failed] = judge(evidence.reason);
  return {reason, evidence.message, failed, at};
}

std::optional<Exit> Statuses::exit_of(const vm::Summary& summary, const Runtime& runtime) const {
  if (auto recorded = read_exit(paths_, summary.uid)) return *std::move(recorded);
  const auto provider = host_.provider(summary.provider);
  if (!provider) return std::nullopt;
  return exit_from(
      (*provider)->exit_evidence(instance_of(paths_, summary.uid), runtime.console_offset), {});
}

vm::Observation Statuses::observe(const vm::Summary& summary) const {
  vm::Observation seen;
  seen.stage = summary.stage;
  seen.processes = host_.alive(summary.uid).value_or(false);
  if (summary.stage != vm::Stage::created) {
    const auto lock = name_lock_path(paths_, client_, summary.name_space, summary.name);
    seen.locked = lock_holder(lock).has_value();
  }
  const auto runtime = read_runtime(paths_, summary.uid);
  seen.started = runtime.has_value();
  if (!runtime) return seen;
  const auto boot = sys::boot_id();
  seen.this_boot = boot.has_value() && *boot == runtime->boot_id;
  if (seen.processes) return seen;
  // Of an end before the last reboot only the written record counts: the logs went with the host.
  auto exit = seen.this_boot ? exit_of(summary, *runtime) : std::nullopt;
  if (!seen.this_boot) {
    if (auto recorded = read_exit(paths_, summary.uid)) exit = *std::move(recorded);
  }
  if (exit) {
    seen.exit_reason = exit->reason;
    seen.exit_failed = exit->failed;
    seen.exit_message = exit->message;
  }
  return seen;
}

vm::Status Statuses::glance(const vm::Summary& summary) const { return derive(observe(summary)); }

vm::Status Statuses::ask(const vm::Summary& summary, std::chrono::milliseconds timeout) const {
  auto seen = observe(summary);
  if (seen.processes && summary.stage == vm::Stage::created) {
    const auto provider = host_.provider(summary.provider);
    const auto state =
        provider ? (*provider)->state(instance_of(paths_, summary.uid), timeout) : provider.error();
    seen.guest = state ? guest_state(*state) : vm::GuestState::unknown;
  }
  return derive(seen);
}

}  // namespace flintctl::inventory
