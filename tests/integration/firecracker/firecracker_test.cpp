// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/units.hpp"
#include "support/catch.hpp"
#include "sys/cgroup.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "vmm/launch.hpp"
#include "vmm/provider.hpp"

using namespace flintctl;
using namespace std::chrono_literals;

namespace {

constexpr auto answer_time = 3s;

std::string real_binary() {
  const char* named = std::getenv("FLINTCTL_TEST_FIRECRACKER");
  return named == nullptr ? "" : named;
}

/// A provider over the fake (or a named binary) and a machine of empty files; leaves nothing
/// behind.
struct Bench {
  explicit Bench(std::vector<std::string> extra_args = {},
                 const std::string& binary = FLINTCTL_FAKE_FIRECRACKER)
      : provider(*vmm::open_provider("firecracker", {binary, "kvm", std::move(extra_args)})) {
    char name[] = "/tmp/flintctl-fc-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    folder = name;
    const std::string uid = sys::random_hex(8);
    machine.instance = {uid, folder + "/run", folder + "/log/console.log"};
    machine.memory_bytes = 128 * mib;
    machine.kernel = make("vmlinux",
                          "\x7f"
                          "ELF");
    machine.initrd = make("initrd", "x");
    machine.cmdline = "console=ttyS0";
    machine.disks = {{"root", make("root.img", std::string(4096, 'r')), false},
                     {"data", make("data.img", std::string(4096, 'd')), true}};
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() {
    CHECK(vmm::kill(machine.instance.uid, 10s));
    CHECK(vmm::remove(machine.instance.uid));
    CHECK(sys::remove_tree(folder));
  }

  std::string make(const std::string& name, const std::string& bytes) const {
    const std::string path = folder + "/" + name;
    REQUIRE(sys::write_file_atomic(path, bytes, 0644));
    return path;
  }
  const vmm::Instance& instance() const { return machine.instance; }
  std::string console() const { return sys::read_file(instance().console_log).value(); }
  vmm::State state() const { return provider->state(instance(), answer_time).value(); }

  Result<> start(std::chrono::milliseconds timeout = 10s) {
    const auto probe = TRY(provider->probe());
    TRY(vmm::refuse(provider->validate(machine, probe), "firecracker"));
    const auto plan = provider->plan(machine, probe);
    TRY(vmm::launch(instance(), plan));
    return provider->configure_and_boot(instance(), plan, timeout);
  }

  std::string folder;
  std::unique_ptr<vmm::Provider> provider;
  vmm::Machine machine;
};

}  // namespace

TEST_CASE("the whole life of a machine, over Firecracker's socket") {
  Bench bench;
  CHECK(bench.state() == vmm::State::absent);
  const auto started = bench.start();
  INFO((started ? "" : started.error().text()));
  REQUIRE(started);
  CHECK(bench.state() == vmm::State::running);
  CHECK(bench.console() == "Linux version 6.1.0-fake\nfake login: ");
  for (int twice = 0; twice < 2; ++twice)
    REQUIRE(bench.provider->pause(bench.instance(), answer_time));
  CHECK(bench.state() == vmm::State::paused);
  for (int twice = 0; twice < 2; ++twice)
    REQUIRE(bench.provider->resume(bench.instance(), answer_time));
  CHECK(bench.state() == vmm::State::running);
  CHECK(vmm::stop(*bench.provider, bench.instance(), 10s).value() == vmm::StopOutcome::clean);
  CHECK(bench.state() == vmm::State::stopped);
  CHECK(bench.provider->exit_evidence(bench.instance(), 0).reason == vmm::ExitReason::guest_reset);

  SECTION("and again, over the sockets and logs that the first run left") {
    const auto offset = bench.console().size();
    const auto again = bench.start();
    INFO((again ? "" : again.error().text()));
    REQUIRE(again);
    CHECK(bench.console().size() > offset);
    CHECK(bench.state() == vmm::State::running);
  }
}

TEST_CASE("files are private, the environment is empty, no descriptor leaks in") {
  const int leaked = ::dup(STDERR_FILENO);
  Bench bench;
  REQUIRE(bench.start());
  ::close(leaked);
  struct stat info = {};
  for (const std::string& path :
       {bench.instance().console_log, vmm::hypervisor_log(bench.instance())}) {
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0600);
  }
  REQUIRE(::stat(bench.instance().run_directory.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0700);
  const auto proc = "/proc/" + std::to_string(vmm::processes(bench.instance().uid)->front());
  CHECK(sys::read_file(proc + "/environ")->empty());
  // 0, 1, 2, the log and the listening socket, and perhaps the connection of the last call.
  CHECK(sys::list_directory(proc + "/fd")->size() <= 6);
  CHECK(sys::read_file(proc + "/cgroup")->find(bench.instance().uid) != std::string::npos);
}

TEST_CASE("a paused guest is asked to shut down, not killed") {
  Bench bench;
  REQUIRE(bench.start());
  REQUIRE(bench.provider->pause(bench.instance(), answer_time));
  CHECK(vmm::stop(*bench.provider, bench.instance(), 10s).value() == vmm::StopOutcome::clean);
}

TEST_CASE("a guest that ignores Ctrl-Alt-Del is killed after the grace") {
  Bench bench({"--fake-guest", "deaf"});
  REQUIRE(bench.start());
  CHECK(vmm::stop(*bench.provider, bench.instance(), 200ms).value() == vmm::StopOutcome::forced);
  CHECK(bench.provider->exit_evidence(bench.instance(), 0).reason == vmm::ExitReason::killed);
}

TEST_CASE("a machine that was killed starts again") {
  // Some kernels kill a child that is cloned into a cgroup which was killed once (cgroup.kill).
  Bench bench;
  for (int round = 0; round < 3; ++round) {
    const auto started = bench.start();
    INFO((started ? "" : started.error().text()));
    REQUIRE(started);
    CHECK(vmm::stop(*bench.provider, bench.instance(), 0s).value() == vmm::StopOutcome::forced);
  }
}

TEST_CASE("a machine starts from a cgroup that was killed once") {
  const auto home = sys::read_file("/proc/self/cgroup").value();
  const auto at = home.rfind("0::/") + 4;
  const std::string home_group =
      sys::cgroup2_mount().value() + "/" + home.substr(at, home.find('\n', at) - at);
  const auto killed = sys::Cgroup::create("flintctl-test-" + sys::random_hex(4)).value();
  REQUIRE(killed.kill(1s));
  const std::string self = std::to_string(::getpid());
  REQUIRE(sys::write_attribute(killed.path() + "/cgroup.procs", self));
  {
    Bench bench;
    const auto started = bench.start();
    INFO((started ? "" : started.error().text()));
    CHECK(started);
    CHECK(vmm::processes(bench.instance().uid)->size() == 1);
  }
  REQUIRE(sys::write_attribute(home_group + "/cgroup.procs", self));
  CHECK(killed.remove());
}

TEST_CASE("every refused call is an error with Firecracker's words") {
  // machine-config, boot-source, two drives, entropy, start
  for (int call = 1; call <= 6; ++call) {
    Bench bench({"--fake-fail-call", std::to_string(call)});
    const auto started = bench.start();
    INFO(call);
    REQUIRE_FALSE(started);
    CHECK(started.error().text().find("Told to refuse this call.") != std::string::npos);
    CHECK(started.error().text().find("Firecracker refused PUT /") == 0);
    CHECK(bench.state() == vmm::State::starting);  // the caller ends it
  }
}

TEST_CASE("a process that ends in the middle is quoted, one that hangs is left after the timeout") {
  SECTION("at once") {
    Bench bench({"--fake-last-words", "Error: no more of this"});
    const auto started = bench.start();
    REQUIRE_FALSE(started);
    CHECK(started.error().message() == "firecracker ended at once: Error: no more of this");
    CHECK(bench.provider->exit_evidence(bench.instance(), 0).reason ==
          vmm::ExitReason::hypervisor_error);
  }
  SECTION("in a call") {
    Bench bench({"--fake-die-call", "3"});
    const auto started = bench.start();
    REQUIRE_FALSE(started);
    CHECK(started.error().text().find("told to") != std::string::npos);
  }
  SECTION("hanging") {
    Bench bench({"--fake-hang-call", "2"});
    const auto started = bench.start(300ms);
    REQUIRE_FALSE(started);
    CHECK(started.error().code() == Code::deadline_exceeded);
  }
  SECTION("over an argument that it does not know") {
    Bench bench({"--no-such"});
    const auto started = bench.start();
    REQUIRE_FALSE(started);
    CHECK(started.error().message().find("--no-such") != std::string::npos);
  }
}

TEST_CASE("the reason of the end is told apart") {
  const auto reason_of = [](const char* guest) {
    Bench bench({"--fake-guest", guest});
    (void)bench.start();  // a crash takes the start's answer with it
    REQUIRE(vmm::wait_exit(bench.instance().uid, 10s));
    return bench.provider->exit_evidence(bench.instance(), 0);
  };
  CHECK(reason_of("reboot").reason == vmm::ExitReason::guest_reset);
  const auto panic = reason_of("panic");
  CHECK(panic.reason == vmm::ExitReason::guest_panic);
  CHECK(panic.message == "Kernel panic - not syncing: told to");
  const auto crash = reason_of("crash");
  CHECK(crash.reason == vmm::ExitReason::hypervisor_error);
  CHECK(crash.message.find("intercepting signal 11") != std::string::npos);
}

TEST_CASE("a version below 1.4 and a program that is no Firecracker are refused") {
  Bench bench;
  const std::string old = bench.folder + "/firecracker-v1.3.3";
  REQUIRE(::symlink(FLINTCTL_FAKE_FIRECRACKER, old.c_str()) == 0);
  const auto refused = vmm::open_provider("firecracker", {old, "kvm", {}}).value()->probe();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::host_not_ready);
  CHECK(refused.error().message().find("1.3.3") != std::string::npos);
  const auto wrong = vmm::open_provider("firecracker", {"/bin/true", "kvm", {}}).value()->probe();
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == Code::host_not_ready);
  const auto missing =
      vmm::open_provider("firecracker", {"no-such-binary", "", {}}).value()->probe();
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code() == Code::host_not_ready);
  CHECK(missing.error().hint().find("[providers.firecracker]") != std::string::npos);
}

TEST_CASE("Firecracker takes every call before the start") {
  // The real one when it is named: these calls need no KVM. The start itself does.
  const std::string named = real_binary();
  Bench bench({}, named.empty() ? FLINTCTL_FAKE_FIRECRACKER : named);
  const auto probe = bench.provider->probe();
  REQUIRE(probe);
  auto plan = bench.provider->plan(bench.machine, *probe);
  REQUIRE(plan.calls.back().path == "/actions");
  plan.calls.pop_back();
  REQUIRE(vmm::launch(bench.instance(), plan));
  const auto configured = bench.provider->configure_and_boot(bench.instance(), plan, 10s);
  INFO((configured ? "" : configured.error().text()));
  REQUIRE(configured);
  CHECK(bench.state() == vmm::State::starting);
}

TEST_CASE("a version is asked of a program once, and again when it was replaced") {
  Bench bench;
  const auto facts = bench.folder + "/facts";
  const auto program = bench.folder + "/firecracker";
  REQUIRE(sys::write_file_atomic(
      program, sys::read_file(FLINTCTL_FAKE_FIRECRACKER, 64U << 20U).value(), 0755));
  const auto provider = vmm::open_provider("firecracker", {program, "kvm", {}, facts}).value();
  const auto version = provider->probe().value().version;
  const auto kept = sys::list_directory(facts).value();
  REQUIRE(kept.size() == 1);
  // Whoever asks again gets what was kept.
  REQUIRE(sys::write_file_atomic(facts + "/" + kept[0], "Firecracker v9.8.7\n", 0600));
  CHECK(provider->probe().value().version == "9.8.7");
  REQUIRE(sys::write_file_atomic(program, sys::read_file(program, 64U << 20U).value(), 0755));
  CHECK(provider->probe().value().version == version);
}
