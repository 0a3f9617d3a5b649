// SPDX-License-Identifier: Apache-2.0
#include "inventory/status.hpp"

#include <cstdlib>

#include "inventory/lock.hpp"
#include "inventory/owner.hpp"
#include "support/catch.hpp"
#include "support/containerd/fake_client.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace flintctl::inventory {
namespace {

using namespace std::chrono_literals;

constexpr auto uid = "00000000000000aa";

struct Directory {
  std::string path = "/tmp/flintctl-unit-XXXXXX";
  Directory() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Directory() { (void)sys::remove_tree(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
};

struct Fixture {
  Directory directory;
  Paths paths{directory.path + "/run", directory.path + "/state"};
  containerd::FakeClient client;
  bool alive = false;
  int providers_opened = 0;
  vm::Summary summary;

  Fixture() {
    summary.uid = uid;
    summary.name = "web";
    summary.name_space = "default";
    summary.stage = vm::Stage::created;
    REQUIRE(sys::make_directories(paths.run_directory(uid)));
    REQUIRE(sys::make_directories(paths.vm_directory(uid)));
  }

  [[nodiscard]] std::string glance() {
    const Statuses statuses(paths, client,
                            {[this](const std::string&) -> Result<bool> { return alive; },
                             [this](const std::string&) -> Result<std::unique_ptr<vmm::Provider>> {
                               ++providers_opened;
                               return Error(Code::invalid_argument, "none here");
                             }});
    const auto status = statuses.glance(summary);
    return std::string(to_string(status.phase)) +
           (status.reason.empty() ? "" : " " + status.reason);
  }

  void ran(const std::string& boot) {
    Runtime runtime;
    runtime.boot_id = boot;
    runtime.pid = 1;
    REQUIRE(write_runtime(paths, uid, runtime));
  }
};

TEST_CASE("running is what the cgroup says, not a file") {
  Fixture fixture;
  fixture.ran(*sys::boot_id());
  CHECK(fixture.glance() == "Stopped Exited");
  fixture.alive = true;
  fixture.providers_opened = 0;
  CHECK(fixture.glance() == "Running");
  CHECK(fixture.providers_opened == 0);
}

TEST_CASE("after a reboot of the host") {
  Fixture fixture;
  fixture.ran("00000000-0000-0000-0000-000000000000");
  REQUIRE(sys::remove_tree(fixture.paths.run_directory(uid)));
  CHECK(fixture.glance() == "Stopped HostRebooted");
  SECTION("a VM that was stopped before says so") {
    REQUIRE(write_exit(fixture.paths, uid, {"Stopped", "", false, {}}));
    CHECK(fixture.glance() == "Stopped Stopped");
  }
}

TEST_CASE("a recorded end is told") {
  Fixture fixture;
  CHECK(fixture.glance() == "Stopped NeverStarted");
  fixture.ran(*sys::boot_id());
  REQUIRE(write_exit(fixture.paths, uid, {"GuestPanic", "it panicked", true, {}}));
  CHECK(fixture.glance() == "Failed GuestPanic");
  REQUIRE(clear_exit(fixture.paths, uid));
  CHECK(fixture.glance() == "Stopped Exited");
}

TEST_CASE("runtime and exit survive their files") {
  Fixture fixture;
  Runtime runtime;
  runtime.boot_id = "b";
  runtime.pid = 17;
  runtime.pid_start_time = 99;
  runtime.console_offset = 1234;
  runtime.booted_at = *vm::parse_time("2024-02-03T04:05:06Z");
  runtime.cmdline = "console=ttyS0";
  REQUIRE(write_runtime(fixture.paths, uid, runtime));
  const auto read = read_runtime(fixture.paths, uid);
  REQUIRE(read);
  CHECK(read->pid == 17);
  CHECK(read->pid_start_time == 99);
  CHECK(read->console_offset == 1234);
  CHECK(read->booted_at == runtime.booted_at);
  CHECK(read->cmdline == runtime.cmdline);
  CHECK(read_exit(fixture.paths, uid).error().code() == Code::not_found);
}

TEST_CASE(
    "an unfinished create is pending, and who works on it is seen without touching the lock") {
  Fixture fixture;
  fixture.summary.stage = vm::Stage::creating;
  CHECK(fixture.glance() == "Pending CreateInterrupted");
  const auto lock = lock_name(fixture.paths, fixture.client, "default", "web", 0ms);
  REQUIRE(lock);
  CHECK(fixture.glance() == "Pending Creating");
  const auto second = lock_name(fixture.paths, fixture.client, "default", "web", 0ms);
  REQUIRE(!second);
  CHECK(second.error().code() == Code::aborted);
  CHECK(second.error().text().find(std::to_string(::getpid())) != std::string::npos);
  CHECK(second.error().text().find("another flintctl works on VM 'web'") == 0);
  CHECK(lock_name(fixture.paths, fixture.client, "other", "web", 0ms));
}

TEST_CASE("a lock that cannot be made blames nobody") {
  Fixture fixture;
  fixture.paths.run = "/proc/flintctl";  // where nothing can be made
  const auto lock = lock_name(fixture.paths, fixture.client, "default", "web", 0ms);
  REQUIRE(!lock);
  CHECK(lock.error().text().find("taking the lock of VM 'web': ") == 0);
}

TEST_CASE("a lock's file stays and its key has namespace and name apart") {
  Fixture fixture;
  const auto path = name_lock_path(fixture.paths, fixture.client, "a", "b");
  { REQUIRE(lock_name(fixture.paths, fixture.client, "a", "b", 0ms)); }
  CHECK(sys::exists(path));
  CHECK(!lock_holder(path));
  CHECK(path != name_lock_path(fixture.paths, fixture.client, "b", "a"));
}

TEST_CASE("a folder tells whose VM it is") {
  Fixture fixture;
  CHECK(owner_of(fixture.paths, fixture.client, uid) == Owner::none);
  REQUIRE(claim_directory(fixture.paths, fixture.client, uid));
  CHECK(owner_of(fixture.paths, fixture.client, uid) == Owner::ours);
  REQUIRE(sys::write_file_atomic(fixture.paths.vm_directory(uid) + "/owner.json",
                                 R"({"containerdAddress": "/x", "containerdNamespace": "y"})",
                                 0600));
  CHECK(owner_of(fixture.paths, fixture.client, uid) == Owner::another);
  const auto neighbour = fixture.client.with_namespace("other");
  REQUIRE(claim_directory(fixture.paths, *neighbour, uid));
  CHECK(owner_of(fixture.paths, fixture.client, uid) == Owner::neighbour);
  // The same containerd by another spelling of its path.
  REQUIRE(sys::write_file_atomic(
      fixture.paths.vm_directory(uid) + "/owner.json",
      R"({"containerdAddress": "/run/x/../fake/containerd.sock", "containerdNamespace": "flintlock"})",
      0600));
  CHECK(owner_of(fixture.paths, fixture.client, uid) == Owner::ours);
  CHECK(*directory_uids(fixture.paths) == std::vector<std::string>{uid});
}

}  // namespace
}  // namespace flintctl::inventory
