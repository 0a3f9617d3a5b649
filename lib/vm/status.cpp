// SPDX-License-Identifier: Apache-2.0
#include "vm/status.hpp"

namespace flintctl::vm {
namespace {

Status live(const Observation& seen) {
  switch (seen.guest) {
    case GuestState::unasked:
      // A process without a record of its start was spawned by a create or start that goes on, or
      // was killed, between the two.
      if (!seen.started) return {Phase::starting, "", ""};
      return {Phase::running, "", ""};
    case GuestState::running:
      return {Phase::running, "", ""};
    case GuestState::starting:
      return {Phase::starting, "", ""};
    case GuestState::paused:
      return {Phase::paused, "", ""};
    case GuestState::stopped:
      return {Phase::stopping, "GuestStopped", "the guest has stopped, its hypervisor still runs"};
    case GuestState::failed:
      return {Phase::failed, "GuestFailed", "the hypervisor reports a failed guest"};
    case GuestState::unknown:
      return {Phase::unknown, "NoAnswer", "the hypervisor runs and does not answer"};
  }
  return {};
}

Status dead(const Observation& seen) {
  // Why it ended, when known, was written after its end; a reboot explains only an end nobody saw.
  if (seen.exit_reason.empty() && seen.started && !seen.this_boot) {
    return {Phase::stopped, "HostRebooted", "the host was rebooted while the VM ran"};
  }
  if (!seen.started && seen.exit_reason.empty()) return {Phase::stopped, "NeverStarted", ""};
  if (seen.exit_failed) return {Phase::failed, seen.exit_reason, seen.exit_message};
  return {Phase::stopped, seen.exit_reason.empty() ? "Exited" : seen.exit_reason,
          seen.exit_message};
}

Status unfinished(const Observation& seen) {
  if (seen.locked) return {seen.processes ? Phase::starting : Phase::pending, "Creating", ""};
  return {Phase::pending, "CreateInterrupted",
          "its create was interrupted: run it again, or delete the VM"};
}

}  // namespace

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::pending:
      return "Pending";
    case Phase::starting:
      return "Starting";
    case Phase::running:
      return "Running";
    case Phase::paused:
      return "Paused";
    case Phase::stopping:
      return "Stopping";
    case Phase::stopped:
      return "Stopped";
    case Phase::failed:
      return "Failed";
    case Phase::deleting:
      return "Deleting";
    case Phase::unknown:
      return "Unknown";
  }
  return "Unknown";
}

Status derive(const Observation& seen) {
  if (seen.stage == Stage::deleting) {
    if (seen.locked) return {Phase::deleting, "", ""};
    return {Phase::deleting, "DeleteInterrupted", "its delete was interrupted: run it again"};
  }
  if (seen.stage == Stage::creating) return unfinished(seen);
  return seen.processes ? live(seen) : dead(seen);
}

}  // namespace flintctl::vm
