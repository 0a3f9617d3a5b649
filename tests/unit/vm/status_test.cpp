// SPDX-License-Identifier: Apache-2.0
#include "vm/status.hpp"

#include "support/catch.hpp"

namespace flintctl::vm {
namespace {

std::string derived(const Observation& seen) {
  const auto status = derive(seen);
  return std::string(to_string(status.phase)) + (status.reason.empty() ? "" : " " + status.reason);
}

TEST_CASE("a status follows from what was seen") {
  Observation seen;
  CHECK(derived(seen) == "Stopped NeverStarted");
  seen.started = true;
  seen.this_boot = true;
  CHECK(derived(seen) == "Stopped Exited");
  seen.processes = true;
  CHECK(derived(seen) == "Running");
  seen.guest = GuestState::paused;
  CHECK(derived(seen) == "Paused");
  seen.guest = GuestState::stopped;
  CHECK(derived(seen) == "Stopping GuestStopped");
  seen.guest = GuestState::unknown;
  CHECK(derived(seen) == "Unknown NoAnswer");
}

TEST_CASE("a host that rebooted leaves no running VM") {
  Observation seen;
  seen.started = true;
  seen.this_boot = false;
  CHECK(derived(seen) == "Stopped HostRebooted");
  SECTION("one that was stopped before keeps its reason") {
    seen.exit_reason = "Stopped";
    CHECK(derived(seen) == "Stopped Stopped");
  }
}

TEST_CASE("an end that nobody asked for is a failure") {
  Observation seen;
  seen.started = seen.this_boot = true;
  seen.exit_reason = "GuestPanic";
  seen.exit_failed = true;
  CHECK(derived(seen) == "Failed GuestPanic");
}

TEST_CASE("unfinished creates and deletes") {
  Observation seen;
  seen.stage = Stage::creating;
  CHECK(derived(seen) == "Pending CreateInterrupted");
  seen.locked = true;
  CHECK(derived(seen) == "Pending Creating");
  seen.processes = true;
  CHECK(derived(seen) == "Starting Creating");
  seen.stage = Stage::deleting;
  CHECK(derived(seen) == "Deleting");
  seen.locked = false;
  CHECK(derived(seen) == "Deleting DeleteInterrupted");
}

}  // namespace
}  // namespace flintctl::vm
