// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>

#include "core/rollback.hpp"
#include "guest.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "sys/mount.hpp"
#include "sys/process.hpp"
#include "vmm/launch.hpp"
#include "vmm/provider.hpp"

using namespace flintctl;
using namespace std::chrono_literals;

namespace {

constexpr auto boot_time = 90s;
constexpr auto answer_time = 5s;

const test::Guest& guest() {
  static const test::Guest one;
  return one;
}

/// A provider, a machine of the test guest, and the promise that no process or cgroup of it stays.
struct Bench {
  std::unique_ptr<vmm::Provider> provider = *vmm::open_provider("qemu", {});
  vmm::Probe probe = *provider->probe();
  vmm::Machine machine = guest().machine();

  Bench() = default;
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() {
    CHECK(vmm::kill(machine.instance.uid, 10s));
    CHECK(vmm::remove(machine.instance.uid));
  }

  const vmm::Instance& instance() const { return machine.instance; }

  void set_cmdline(const std::string& changes) {
    machine.cmdline = vm::format_cmdline(vm::merge_cmdline(
        provider->default_cmdline(probe, machine), vm::parse_cmdline(changes).value()));
  }

  Result<> start() {
    TRY(vmm::refuse(provider->validate(machine, probe), "qemu"));
    const auto plan = provider->plan(machine, probe);
    TRY(vmm::launch(instance(), plan));
    return provider->configure_and_boot(instance(), plan, 20s);
  }

  vmm::State state() const { return provider->state(instance(), answer_time).value(); }
  std::string await_console(const std::string& text) const {
    return test::await_text(instance().console_log, text, boot_time);
  }
};

std::uint64_t file_size(const std::string& path) {
  struct stat info = {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace

TEST_CASE("a guest boots, pauses, resumes, and powers off by its button") {
  Bench bench;
  bench.machine.vcpus = 2;
  bench.set_cmdline("do=button");
  CHECK(bench.state() == vmm::State::absent);
  const auto started = bench.start();
  INFO((started ? "" : started.error().text()));
  REQUIRE(started);
  CHECK(bench.state() == vmm::State::running);
  CHECK(vmm::processes(bench.instance().uid)->size() == 1);
  CHECK(vmm::launch(bench.instance(), bench.provider->plan(bench.machine, bench.probe))
            .error()
            .code() == Code::already_exists);

  const auto text = bench.await_console("tick");
  const auto line = text.substr(text.find("guest is up: button on 2 cpus at "));
  CHECK(line.find("with root") != std::string::npos);
  const long clock = std::stol(line.substr(line.find(" at ") + 4));
  CHECK(std::abs(clock - std::time(nullptr)) <= 5);

  REQUIRE(bench.provider->pause(bench.instance(), answer_time));
  REQUIRE(bench.provider->pause(bench.instance(), answer_time));
  CHECK(bench.state() == vmm::State::paused);
  const auto size = file_size(bench.instance().console_log);
  CHECK(vmm::wait_exit(bench.instance().uid, 500ms).error().code() == Code::deadline_exceeded);
  CHECK(file_size(bench.instance().console_log) == size);
  REQUIRE(bench.provider->resume(bench.instance(), answer_time));
  CHECK(bench.state() == vmm::State::running);
  test::await_text(bench.instance().console_log, "tick", 20s, size);

  CHECK(vmm::stop(*bench.provider, bench.instance(), 30s).value() == vmm::StopOutcome::clean);
  CHECK(bench.state() == vmm::State::stopped);
  const auto end = bench.provider->exit_evidence(bench.instance(), 0);
  CHECK(end.reason == vmm::ExitReason::guest_shutdown);
  CHECK(end.message == "the guest powered off");
  CHECK(vmm::stop(*bench.provider, bench.instance(), 30s).value() ==
        vmm::StopOutcome::already_stopped);
}

TEST_CASE("a reboot brings the guest back in the same process; a panic is found on the console") {
  Bench bench;
  bench.set_cmdline("do=reboot-then-panic panic=0");
  REQUIRE(bench.start());
  const auto pids = vmm::processes(bench.instance().uid).value();
  const auto text = bench.await_console("end Kernel panic");  // the last line of it
  CHECK(vmm::processes(bench.instance().uid).value() == pids);
  const auto first = text.find("guest is up");
  CHECK(text.find("guest is up", first + 1) != std::string::npos);
  CHECK(bench.state() == vmm::State::running);

  CHECK(vmm::stop(*bench.provider, bench.instance(), 0s).value() == vmm::StopOutcome::forced);
  CHECK_FALSE(vmm::alive(bench.instance().uid).value());
  const auto end = bench.provider->exit_evidence(bench.instance(), 0);
  CHECK(end.reason == vmm::ExitReason::killed);
  CHECK(end.last_lines.size() == 10);
}

TEST_CASE("a guest that floods its console fills the log mount and runs on") {
  REQUIRE(sys::unshare_mounts());
  Bench bench;
  const std::string log = bench.instance().console_log;
  const std::string folder = log.substr(0, log.rfind('/'));
  REQUIRE(sys::make_directories(folder, 0700));
  REQUIRE(sys::mount("tmpfs", folder, "tmpfs", 0, "size=128k,mode=0700"));
  const Rollback unmount([&] { CHECK(sys::unmount(folder)); });
  bench.set_cmdline("do=flood");
  const auto started = bench.start();
  INFO((started ? "" : started.error().text()));
  REQUIRE(started);
  REQUIRE(vmm::wait_exit(bench.instance().uid, boot_time));
  CHECK(sys::filesystem_space(folder)->available == 0);
  const auto end = bench.provider->exit_evidence(bench.instance(), 0);
  CHECK(end.reason == vmm::ExitReason::guest_shutdown);
  const auto debugfs = sys::find_program("debugfs").value();
  const auto seen = sys::run({debugfs, "-R", "cat /survived", bench.machine.disks[0].path}).value();
  CHECK(seen.out == "survived\n");
}

TEST_CASE("a hypervisor that ends at once is quoted") {
  Bench bench;
  bench.set_cmdline("do=idle");
  SECTION("over a disk that is none") {
    REQUIRE(sys::make_directories(bench.instance().run_directory + "/folder"));
    bench.machine.disks[0].path = bench.instance().run_directory + "/folder";
  }
  SECTION("over an argument that it does not know") {
    bench.machine.extra_args = {"-no-such-option"};
  }
  const auto started = bench.start();
  REQUIRE_FALSE(started);
  INFO(started.error().text());
  CHECK(started.error().text().find("qemu ended at once: ") == 0);
  CHECK((started.error().text().find("folder") != std::string::npos ||
         started.error().text().find("-no-such-option") != std::string::npos));
  CHECK_FALSE(vmm::alive(bench.instance().uid).value());
  const auto end = bench.provider->exit_evidence(bench.instance(), 0);
  CHECK(end.reason == vmm::ExitReason::hypervisor_error);
}
