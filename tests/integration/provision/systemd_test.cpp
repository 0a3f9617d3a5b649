// SPDX-License-Identifier: Apache-2.0
#include "sys/systemd.hpp"

#include <signal.h>

#include <chrono>
#include <string>

#include "host.hpp"
#include "provision/containerd_process.hpp"
#include "support/catch.hpp"
#include "sys/cgroup.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/process.hpp"

using namespace flintctl;
using namespace flintctl::provision;

namespace {

constexpr auto timeout = std::chrono::seconds(20);

sys::Process sleeper() {
  sys::SpawnOptions options;
  options.argv = {"/bin/sleep", "1000"};
  auto process = sys::Process::spawn(options);
  if (!process) FAIL(said(process.error()));
  return *std::move(process);
}

bool unit_gone(const std::string& name) {
  const auto cgroup = sys::unit_cgroup(name);
  return !cgroup && cgroup.error().code() == Code::not_found;
}

std::string cgroup_of(pid_t pid) {
  return sys::read_file("/proc/" + std::to_string(pid) + "/cgroup").value_or({});
}

}  // namespace

TEST_CASE("systemd runs here") { REQUIRE(sys::systemd_running()); }

TEST_CASE("a scope takes a process in, and is forgotten when it ends") {
  const std::string name = "flintctl-test.scope";
  sys::Process process = sleeper();
  const auto scoped = sys::start_scope(name, process.pid(), "a test");
  if (!scoped) FAIL(said(scoped.error()));
  const auto cgroup = sys::unit_cgroup(name);
  REQUIRE(cgroup);
  CHECK(*cgroup == "system.slice/flintctl-test.scope");
  CHECK(cgroup_of(process.pid()) == "0::/system.slice/flintctl-test.scope\n");

  sys::Process second = sleeper();
  const auto taken = sys::start_scope(name, second.pid(), "a test");
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code() == Code::already_exists);
  REQUIRE(second.signal(SIGKILL));

  REQUIRE(sys::stop_unit(name, timeout));
  REQUIRE(process.wait(timeout));
  CHECK(unit_gone(name));
  CHECK(sys::stop_unit(name, timeout));
}

TEST_CASE("a service that cannot be executed is an error and leaves its name free") {
  sys::ServiceOptions service;
  service.name = "flintctl-test.service";
  service.description = "a test";
  service.argv = {"/nonexistent/program"};
  const auto failed = sys::start_service(service);
  REQUIRE_FALSE(failed);
  CHECK(unit_gone(service.name));
  service.argv = {"/bin/sleep", "1000"};
  const auto started = sys::start_service(service);
  if (!started) FAIL(said(started.error()));
  const auto pid = sys::unit_main_pid(service.name);
  REQUIRE(pid);
  CHECK(cgroup_of(*pid) == "0::/system.slice/flintctl-test.service\n");
  REQUIRE(sys::stop_unit(service.name, timeout));
  CHECK(unit_gone(service.name));
  CHECK(sys::unit_main_pid(service.name).error().code() == Code::not_found);
}

TEST_CASE("containerd runs as a transient service, ends with stop, and can start again") {
  TestHost host;
  host.configure();
  const std::string unit = containerd_names(host.address()).unit;
  for (int round = 0; round < 2; ++round) {
    const auto run = start_containerd(host.start);
    if (!run) FAIL(said(run.error()));
    CHECK(run->changed);
    CHECK(cgroup_of(run->pid) == "0::/system.slice/" + unit + "\n");
    CHECK(host.log().find("successfully booted") != std::string::npos);
    CHECK_FALSE(start_containerd(host.start)->changed);
    const auto status = containerd_status(host.address(), host.start.snapshotter);
    REQUIRE(status);
    CHECK(status->problem.empty());
    CHECK(status->log_file == host.start.log_file);
    // udevd runs: containerd's dmsetup is to wait for it.
    const auto environment =
        sys::read_file("/proc/" + std::to_string(run->pid) + "/environ").value_or({});
    CHECK(environment.find("DM_DISABLE_UDEV") == std::string::npos);
    const auto stopped = stop_containerd(host.stop_options());
    REQUIRE(stopped);
    CHECK(*stopped == run->pid);
    CHECK(unit_gone(unit));
  }
}

TEST_CASE("a start that fails leaves no unit, and quotes the log") {
  TestHost host;
  host.start.snapshotter = "zfs";
  host.configure();
  const auto refused = start_containerd(host.start);
  REQUIRE_FALSE(refused);
  INFO(said(refused.error()));
  CHECK(refused.error().text().find("must be a zfs filesystem") != std::string::npos);
  CHECK(unit_gone(containerd_names(host.address()).unit));

  host.start.binary = host.script("echo 'containerd: it went wrong'; exit 1");
  const auto ended = start_containerd(host.start);
  REQUIRE_FALSE(ended);
  INFO(said(ended.error()));
  CHECK(ended.error().text().find("containerd: it went wrong") != std::string::npos);
  CHECK(unit_gone(containerd_names(host.address()).unit));
}
