// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_daemon.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <chrono>
#include <string>

#include "devmapper/driver.hpp"
#include "host.hpp"
#include "provision/containerd_launch.hpp"
#include "provision/containerd_process.hpp"
#include "support/catch.hpp"
#include "support/containerd/private_containerd.hpp"
#include "sys/cgroup.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"
#include "sys/process.hpp"

using namespace flintctl;
using namespace flintctl::provision;

namespace {

ContainerdRun started(const TestHost& host) {
  const auto run = start_containerd(host.start);
  if (!run) FAIL(said(run.error()));
  return *run;
}

/// The failed start's error; requires that it left no process and no cgroup.
Error refused(const TestHost& host) {
  const auto run = start_containerd(host.start);
  REQUIRE_FALSE(run);
  INFO(said(run.error()));
  CHECK(host.processes().empty());
  return run.error();
}

bool contains(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

ContainerdStatus status_of(const TestHost& host) {
  const auto status = containerd_status(host.address(), host.start.snapshotter);
  if (!status) FAIL(said(status.error()));
  return *status;
}

/// Holds a TCP port, as another program would.
class Listener {
 public:
  explicit Listener(unsigned port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd_.get(), 1) == 0);
  }

 private:
  UniqueFd fd_;
};

}  // namespace

TEST_CASE("start, status, start again, stop, stop again") {
  TestHost host;
  host.configure();
  const ContainerdRun run = started(host);
  CHECK(run.changed);
  CHECK(run.version.starts_with("1."));
  CHECK(run.log_file == host.start.log_file);
  CHECK(host.processes() == std::vector<pid_t>{run.pid});
  CHECK(contains(host.log(), "successfully booted"));

  const ContainerdStatus status = status_of(host);
  CHECK(status.problem.empty());
  CHECK(status.owner == ContainerdOwner::flintctl);
  CHECK(status.pid == run.pid);
  CHECK(status.version == run.version);
  CHECK(status.config_path == host.start.config_path);
  CHECK(status.log_file == host.start.log_file);
  REQUIRE(status.uptime);
  CHECK(*status.uptime < std::chrono::seconds(60));

  host.configure();  // written anew
  CHECK(contains(status_of(host).problem, "by an older " + host.start.config_path));

  const ContainerdRun again = started(host);
  CHECK_FALSE(again.changed);
  CHECK(again.pid == run.pid);
  CHECK(again.log_file == run.log_file);

  const auto stopped = stop_containerd(host.stop_options());
  REQUIRE(stopped);
  CHECK(*stopped == run.pid);
  CHECK(host.processes().empty());
  CHECK_FALSE(sys::exists(host.address()));
  CHECK_FALSE(sys::Cgroup::open(containerd_names(host.address()).cgroup));
  const auto stopped_again = stop_containerd(host.stop_options());
  REQUIRE(stopped_again);
  CHECK_FALSE(*stopped_again);

  const ContainerdStatus gone = status_of(host);
  CHECK(gone.owner == ContainerdOwner::none);
  CHECK(contains(gone.problem, "no containerd runs at " + host.address()));
  CHECK(contains(gone.hint, "flintctl containerd start"));
}

TEST_CASE("a second start keeps the first one's log, and --debug reaches containerd") {
  TestHost host;
  host.configure();
  started(host);
  REQUIRE(stop_containerd(host.stop_options()));
  const std::string first = host.log();
  host.start.log_level = LogLevel::trace;
  started(host);
  CHECK(host.log().starts_with(first));
  CHECK(contains(host.log(), "level=debug"));
}

TEST_CASE("a snapshotter that is not ok fails the start with containerd's own reason") {
  TestHost host;
  host.start.snapshotter = "zfs";
  host.configure();
  const Error error = refused(host);
  CHECK(error.code() == Code::host_not_ready);
  CHECK(contains(error.text(), "zfs snapshotter is not ok"));
  CHECK(contains(error.text(), "must be a zfs filesystem"));
  CHECK(contains(error.text(), host.start.log_file));
  CHECK_FALSE(sys::exists(host.address()));
}

TEST_CASE(
    "a devmapper snapshotter without its pool is told in the kernel's words and containerd's") {
  TestHost host;
  host.start.snapshotter = "devmapper";
  host.settings.pool = "flintctl-test-no-such-pool";
  host.configure();
  const Error error = refused(host);
  CHECK(error.code() == Code::host_not_ready);
  CHECK(contains(error.text(), "failed to load plugin io.containerd.snapshotter.v1.devmapper"));
  if (devmapper::open()) {
    CHECK(contains(error.text(), "the thin pool 'flintctl-test-no-such-pool' does not exist"));
    CHECK(contains(std::string(error.hint()), "flintctl provision devpool"));
  } else {
    CHECK(contains(error.text(), "this kernel has no device-mapper"));
    CHECK(contains(std::string(error.hint()), "dm-mod"));
  }
}

TEST_CASE("a snapshotter that containerd does not have is named") {
  TestHost host;
  host.start.snapshotter = "overlay";
  host.configure();
  CHECK(contains(refused(host).text(), "has no overlay snapshotter"));
}

TEST_CASE("a metrics address in use is named, with the way out") {
  TestHost host;
  const unsigned port = free_port();
  const Listener listener(port);
  host.settings.metrics_address = fmt::format("127.0.0.1:{}", port);
  host.configure();
  const Error error = refused(host);
  CHECK(error.code() == Code::host_not_ready);
  CHECK(contains(error.text(), fmt::format("127.0.0.1:{}", port)));
  CHECK(contains(error.text(), "address already in use"));
  CHECK(contains(std::string(error.hint()), "--metrics-address"));
}

TEST_CASE("another containerd is never taken over, and never ended") {
  const auto other = containerd::PrivateContainerd::start();
  if (!other) FAIL(said(other.error()));
  TestHost host;
  host.settings.address = (*other)->address();
  host.configure();
  const Error error = refused(host);
  CHECK(error.code() == Code::already_exists);
  CHECK(contains(error.text(), (*other)->address()));

  const auto stopped = stop_containerd(host.stop_options());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code() == Code::already_exists);
  const ContainerdStatus status = status_of(host);
  CHECK(status.owner == ContainerdOwner::other);
  CHECK(status.problem.empty());
  CHECK((*other)->connect("test"));
}

TEST_CASE("a root that another containerd uses is named before anything starts") {
  TestHost host;
  host.configure();
  const ContainerdRun run = started(host);
  TestHost second;
  second.settings.root = host.settings.root;
  second.configure();
  const Error error = refused(second);
  CHECK(error.code() == Code::already_exists);
  CHECK(contains(error.text(), host.settings.root));
  CHECK(contains(error.text(), std::to_string(run.pid)));
  CHECK(host.processes() == std::vector<pid_t>{run.pid});
}

TEST_CASE("a start that was killed half-way is finished by the next one") {
  TestHost host;
  host.configure();
  // What a killed start leaves: a running containerd that nobody waited for.
  REQUIRE(sys::make_directories(host.settings.state));
  REQUIRE(sys::make_directories(host.folder() + "/log"));
  REQUIRE(sys::write_file_atomic(host.start.log_file, "", 0600));
  const auto launched =
      launch_containerd(containerd_names(host.address()),
                        {*sys::find_program("containerd"), "--config", host.start.config_path},
                        host.address(), host.start.log_file);
  REQUIRE(launched);
  const ContainerdRun run = started(host);
  CHECK_FALSE(run.changed);
  CHECK(run.pid == (*launched)->pid());
}

TEST_CASE("a containerd that says nothing is ended when the time is over") {
  TestHost host;
  host.configure();
  host.start.binary = host.script("echo \"level=warning msg=\\\"thinking\\\"\"; exec sleep 1000");
  host.start.timeout = std::chrono::milliseconds(400);
  const Error error = refused(host);
  CHECK(error.code() == Code::deadline_exceeded);
  CHECK(contains(error.text(), "thinking"));
}

TEST_CASE("a containerd that ends at once is quoted") {
  TestHost host;
  host.configure();
  host.start.binary = host.script("echo 'containerd: failed to do what it should'; exit 1");
  const Error error = refused(host);
  CHECK(contains(error.text(), "containerd: failed to do what it should"));
  CHECK(contains(error.text(), "ended"));
}

TEST_CASE("a containerd that ignores SIGTERM is killed after the grace") {
  TestHost host;
  host.configure();
  const ContainerdRun run = started(host);
  // A stopped process gets SIGTERM only when it is continued.
  REQUIRE(::kill(run.pid, SIGSTOP) == 0);
  ContainerdStop stop = host.stop_options();
  stop.grace = std::chrono::milliseconds(200);
  const auto stopped = stop_containerd(stop);
  if (!stopped) FAIL(said(stopped.error()));
  CHECK(*stopped == run.pid);
  CHECK(host.processes().empty());
  // It had no time to remove its socket: a dead one must not be left to mislead.
  CHECK_FALSE(sys::exists(host.address()));
}

TEST_CASE("stop leaves other processes of the cgroup alone") {
  TestHost host;
  host.configure();
  const ContainerdRun run = started(host);
  const auto cgroup = sys::Cgroup::open(containerd_names(host.address()).cgroup);
  REQUIRE(cgroup);
  const auto folder = cgroup->descriptor();
  REQUIRE(folder);
  sys::SpawnOptions bystander;
  bystander.argv = {"/bin/sleep", "1000"};
  bystander.cgroup = folder->get();
  bystander.die_with_parent = true;
  auto process = sys::Process::spawn(bystander);
  REQUIRE(process);
  const auto stopped = stop_containerd(host.stop_options());
  REQUIRE(stopped);
  CHECK(*stopped == run.pid);
  CHECK_FALSE(process->ended());
  REQUIRE(process->signal(SIGKILL));
  REQUIRE(process->wait());
}

TEST_CASE("wrong configurations are refused before anything starts") {
  TestHost host;
  const Error missing = refused(host);
  CHECK(missing.code() == Code::host_not_ready);
  CHECK(contains(said(missing), "flintctl containerd config --write"));
  host.settings.address = host.folder() + "/" + std::string(100, 'x');
  host.configure();
  const Error too_long = refused(host);
  CHECK(too_long.code() == Code::invalid_argument);
  CHECK(contains(too_long.text(), "107"));
  CHECK_FALSE(sys::exists(host.start.log_file));
}

TEST_CASE("two starts at once make one containerd") {
  TestHost host;
  host.configure();
  const auto lock = sys::FileLock::acquire(
      sys::lock_path(host.start.run_directory, containerd_names(host.address()).id));
  REQUIRE(lock);
  host.start.timeout = std::chrono::milliseconds(100);
  const Error error = refused(host);
  CHECK(error.code() == Code::aborted);
  CHECK(contains(error.text(), std::to_string(::getpid())));
}
