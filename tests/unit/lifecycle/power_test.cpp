// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/power.hpp"

#include <fcntl.h>

#include "fixture.hpp"
#include "inventory/records.hpp"
#include "inventory/runtime.hpp"
#include "lifecycle/create.hpp"
#include "lifecycle/gc.hpp"
#include "lifecycle/logs.hpp"
#include "lifecycle/remove.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace flintctl::lifecycle {
namespace {

using testing::append;
using testing::Fixture;
using namespace std::chrono_literals;

const Target web{"default", "web"};

struct Created : Fixture {
  std::string uid;
  Created() {
    const auto record = create_vm(context, this->web());
    REQUIRE(record);
    uid = record->uid;
  }
  std::string status() {
    const auto summary = inventory::Records(client).find("default", "web");
    REQUIRE(summary);
    const auto status = statuses(context).glance(*summary);
    return std::string(to_string(status.phase)) +
           (status.reason.empty() ? "" : " " + status.reason);
  }
};

TEST_CASE("stop and start change what they find, and nothing the second time") {
  Created vm;
  CHECK(*stop_vm(vm.context, {web, 1s}) == Change::changed);
  CHECK(vm.status() == "Stopped ShutDown");
  CHECK(vm.world.alive.empty());
  CHECK(vm.world.groups.empty());
  CHECK(vm.world.taps.empty());
  CHECK(*stop_vm(vm.context, {web, 1s}) == Change::unchanged);
  CHECK(vm.status() == "Stopped ShutDown");
  CHECK(*start_vm(vm.context, {web, {}}) == Change::changed);
  CHECK(vm.status() == "Running");
  CHECK(vm.world.taps.size() == 1);
  CHECK(*start_vm(vm.context, {web, {}}) == Change::unchanged);
  CHECK(*stop_vm(vm.context, {web, 0s}) == Change::changed);
  CHECK(vm.status() == "Stopped Forced");
}

TEST_CASE("a start of what runs still waits for what it was asked to wait for") {
  Created vm;
  const WaitOptions booted{WaitFor::booted, 50ms, ""};
  const auto waited = start_vm(vm.context, {web, booted});
  REQUIRE(!waited);
  CHECK(waited.error().code() == Code::deadline_exceeded);
  CHECK(vm.status() == "Running");
  append(vm.context.paths.console_log(vm.uid), "web login: ");
  CHECK(*start_vm(vm.context, {web, booted}) == Change::unchanged);
  CHECK(inventory::read_runtime(vm.context.paths, vm.uid)->booted_at);
  // It was seen once: no need to find it again.
  REQUIRE(sys::remove_file(vm.context.paths.console_log(vm.uid)));
  CHECK(*start_vm(vm.context, {web, booted}) == Change::unchanged);
}

TEST_CASE("a guest that panics ends the wait of a start that found it running") {
  Created vm;
  append(vm.context.paths.console_log(vm.uid), "Kernel panic - not syncing: oops\n");
  const auto waited = start_vm(vm.context, {web, {WaitFor::booted, 50ms, ""}});
  REQUIRE(!waited);
  CHECK(waited.error().text().find("panicked") != std::string::npos);
  CHECK(vm.status() == "Running");
}

TEST_CASE("a VM whose disk another has removed is said to be lost, with the way on") {
  Created vm;
  REQUIRE(stop_vm(vm.context, {web, 1s}));
  const auto snapshots = vm.client.snapshot_list(vm.context.snapshotter, {});
  REQUIRE(snapshots);
  for (const auto& snapshot : *snapshots) {
    if (snapshot.kind != containerd::SnapshotKind::active) continue;
    REQUIRE(vm.client.snapshot_remove(vm.context.snapshotter, snapshot.name));
  }
  const auto started = start_vm(vm.context, {web, {}});
  REQUIRE_FALSE(started);
  INFO(started.error().text());
  CHECK(started.error().code() == Code::data_loss);
  CHECK(started.error().hint().find("flintctl vm delete web") != std::string_view::npos);
}

TEST_CASE("stop and start of what is absent") {
  Fixture fixture;
  CHECK(start_vm(fixture.context, {web, {}}).error().code() == Code::not_found);
  CHECK(stop_vm(fixture.context, {web, 1s}).error().code() == Code::not_found);
}

TEST_CASE("a VM that ended by itself keeps the reason over a stop") {
  Created vm;
  vm.world.alive.clear();
  vm.world.evidence = {vmm::ExitReason::guest_panic, "it panicked", {}};
  CHECK(vm.status() == "Failed GuestPanic");
  CHECK(*stop_vm(vm.context, {web, 1s}) == Change::unchanged);
  CHECK(vm.status() == "Failed GuestPanic");
}

TEST_CASE("a start that fails at any step leaves a stopped VM") {
  std::size_t steps = 0;
  {
    Created vm;
    REQUIRE(stop_vm(vm.context, {web, 1s}));
    vm.world.calls.clear();
    REQUIRE(start_vm(vm.context, {web, {}}));
    steps = vm.world.calls.size();
  }
  for (std::size_t step = 1; step <= steps; ++step) {
    Created vm;
    REQUIRE(stop_vm(vm.context, {web, 1s}));
    vm.world.calls.clear();
    vm.world.fail_at = step;
    INFO("step " << step);
    CHECK(!start_vm(vm.context, {web, {}}));
    CHECK(vm.world.alive.empty());
    CHECK(vm.world.taps.empty());
    vm.world.fail_at = 0;
    CHECK(*start_vm(vm.context, {web, {}}) == Change::changed);
  }
}

TEST_CASE("a disk that shrank is not given to a guest") {
  Created vm;
  REQUIRE(stop_vm(vm.context, {web, 1s}));
  vm.world.device_size -= 1;
  const auto started = start_vm(vm.context, {web, {}});
  REQUIRE(!started);
  CHECK(started.error().code() == Code::host_not_ready);
  CHECK(vm.world.alive.empty());
}

TEST_CASE("the marker of an earlier run does not count") {
  Created vm;
  append(vm.context.paths.console_log(vm.uid), "web login: \n");
  REQUIRE(stop_vm(vm.context, {web, 1s}));
  const WaitOptions wait{WaitFor::booted, 50ms, ""};
  CHECK(start_vm(vm.context, {web, wait}).error().code() == Code::deadline_exceeded);
  CHECK(vm.status() == "Failed StartFailed");
}

TEST_CASE("a log that fills its space makes room for the next run") {
  Created vm;
  const auto log = vm.context.paths.console_log(vm.uid);
  append(log, std::string(log_space / 2 + 1, 'x'));
  REQUIRE(stop_vm(vm.context, {web, 1s}));
  REQUIRE(start_vm(vm.context, {web, {}}));
  CHECK(inventory::read_runtime(vm.context.paths, vm.uid)->console_offset == 0);
}

TEST_CASE("delete removes a VM in any state") {
  Created vm;
  SECTION("running") {}
  SECTION("stopped") { REQUIRE(stop_vm(vm.context, {web, 1s})); }
  SECTION("without folders") {
    REQUIRE(vm.parts.remove_directory(vm.context.paths.vm_directory(vm.uid)));
    REQUIRE(vm.parts.remove_directory(vm.context.paths.run_directory(vm.uid)));
  }
  SECTION("without record") {
    const auto summary = inventory::Records(vm.client).find("default", "web");
    REQUIRE(vm.client.content_delete(summary->digest));
  }
  const auto deleted = delete_vm(vm.context, {web, DeleteOptions::Missing::ignore});
  REQUIRE(deleted);
  CHECK(*deleted);
  CHECK(vm.left() == std::vector<std::string>{});
}

TEST_CASE("what is left of a VM whose lease somebody deleted is for gc") {
  Created vm;
  REQUIRE(vm.client.lease_delete("flintctl/vm/" + vm.uid));
  CHECK(*delete_vm(vm.context, {web, DeleteOptions::Missing::ignore}) == false);
  REQUIRE(collect_garbage(vm.context, {}));
  CHECK(vm.left() == std::vector<std::string>{});
}

TEST_CASE("delete has containerd collect again when a device was busy") {
  Created vm;
  vm.world.busy = 2;
  vm.client.clear_calls();
  CHECK(delete_vm(vm.context, {web}));
  CHECK(vm.client.count("lease_delete") == 3);
  CHECK(vm.left() == std::vector<std::string>{});
}

TEST_CASE("delete says so when a device stays busy") {
  Created vm;
  vm.world.busy = 1000;
  CHECK(delete_vm(vm.context, {web}).error().code() == Code::deadline_exceeded);
}

TEST_CASE("delete of a VM whose disk somebody has open leaves the VM, and names them") {
  Created vm;
  vm.world.open = true;
  const auto error = delete_vm(vm.context, {web}).error();
  CHECK(error.code() == Code::aborted);
  CHECK(error.text().find("process 7 (cat)") != std::string::npos);
  CHECK(vm.client.count("lease_delete") == 0);
  vm.world.open = false;
  CHECK(delete_vm(vm.context, {web}));
}

TEST_CASE("delete of what is absent") {
  Fixture fixture;
  CHECK(delete_vm(fixture.context, {web}).error().code() == Code::not_found);
  CHECK(*delete_vm(fixture.context, {web, DeleteOptions::Missing::ignore}) == false);
}

TEST_CASE("a delete that fails at any step is finished by the next") {
  std::size_t host_steps = 0;
  std::size_t calls = 0;
  {
    Created vm;
    vm.world.calls.clear();
    vm.client.clear_calls();
    REQUIRE(delete_vm(vm.context, {web}));
    host_steps = vm.world.calls.size();
    calls = vm.client.calls().size();
  }
  for (std::size_t step = 1; step <= host_steps; ++step) {
    Created vm;
    vm.world.calls.clear();
    vm.world.fail_at = step;
    INFO("host step " << step);
    CHECK(!delete_vm(vm.context, {web}));
    vm.world.fail_at = 0;
    CHECK(delete_vm(vm.context, {web, DeleteOptions::Missing::ignore}));
    CHECK(vm.left() == std::vector<std::string>{});
  }
  for (std::size_t call = 1; call <= calls; ++call) {
    Created vm;
    vm.client.fail_from("*", call);
    INFO("call " << call);
    (void)delete_vm(vm.context, {web});
    vm.client.heal();
    CHECK(delete_vm(vm.context, {web, DeleteOptions::Missing::ignore}));
    CHECK(vm.left() == std::vector<std::string>{});
  }
}

TEST_CASE("an interrupted delete lets nothing start") {
  Created vm;
  const auto summary = inventory::Records(vm.client).find("default", "web");
  REQUIRE(inventory::Records(vm.client).set_stage(*summary, vm::Stage::deleting));
  CHECK(start_vm(vm.context, {web, {}}).error().code() == Code::aborted);
  CHECK(create_vm(vm.context, vm.web()).error().code() == Code::already_exists);
}

std::string log_of(Fixture& fixture, std::optional<std::size_t> tail) {
  std::string text;
  REQUIRE(read_log(fixture.context, {web, tail, LogOptions::Follow::no, {}},
                   [&](std::string_view bytes) {
                     text += bytes;
                     return true;
                   }));
  return text;
}

TEST_CASE("logs print all or the last lines") {
  Created vm;
  append(vm.context.paths.console_log(vm.uid), "one\ntwo\nthree\n");
  CHECK(log_of(vm, std::nullopt) == "one\ntwo\nthree\n");
  CHECK(log_of(vm, 2) == "two\nthree\n");
  CHECK(log_of(vm, 0).empty());
  CHECK(log_of(vm, 9) == "one\ntwo\nthree\n");
  append(vm.context.paths.console_log(vm.uid), "login: ");
  CHECK(log_of(vm, 1) == "login: ");
}

TEST_CASE("logs show the hypervisor's words where they are asked for") {
  Created vm;
  const LogOptions options{web, {}, LogOptions::Follow::no, LogOptions::Of::hypervisor};
  std::string text;
  const auto sink = [&](std::string_view bytes) {
    text += bytes;
    return true;
  };
  const auto absent = read_log(vm.context, options, sink);
  REQUIRE(!absent);
  CHECK(absent.error().text() == "VM 'web' has no hypervisor log");
  append(vm.context.paths.log_directory(vm.uid) + "/hypervisor.log", "no such CPU\n");
  REQUIRE(read_log(vm.context, options, sink));
  CHECK(text == "no such CPU\n");
}

TEST_CASE("logs that made room begin with what is left") {
  Created vm;
  const auto path = vm.context.paths.console_log(vm.uid);
  append(path, std::string(1U << 20U, 'x') + "\none\ntwo\n");
  const UniqueFd log(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::fallocate(log.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1 << 20) == 0);
  CHECK(log_of(vm, std::nullopt) == "\none\ntwo\n");
  CHECK(log_of(vm, 1) == "two\n");
}

TEST_CASE("following ends with its reader") {
  Created vm;
  append(vm.context.paths.console_log(vm.uid), "one\n");
  std::string text;
  REQUIRE(read_log(vm.context, {web, std::nullopt, LogOptions::Follow::yes, {}},
                   [&](std::string_view bytes) {
                     text += bytes;
                     return false;
                   }));
  CHECK(text == "one\n");
}

}  // namespace
}  // namespace flintctl::lifecycle
