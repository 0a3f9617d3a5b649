// SPDX-License-Identifier: Apache-2.0
#include "support/containerd/private_containerd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::containerd {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

std::string configuration(const std::string& folder, const std::string& root) {
  return fmt::format(R"(version = 2
root = "{1}"
state = "{0}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "{0}/c.sock"
[ttrpc]
  address = "{0}/t.sock"
[debug]
  level = "debug"
)",
                     folder, root);
}

}  // namespace

Result<std::unique_ptr<PrivateContainerd>> PrivateContainerd::start(const std::string& root) {
  std::string folder = "/tmp/flintctl-ctd-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return sys::last_error("making a temporary folder");
  const std::string kept = root.empty() ? folder + "/root" : root;
  std::unique_ptr<PrivateContainerd> made(new PrivateContainerd(std::move(folder), kept));
  TRY(made->launch());
  auto answers = made->await_socket();
  if (!answers)
    return std::move(answers).context("containerd's log ends with: " + made->log()).error();
  return made;
}

PrivateContainerd::~PrivateContainerd() {
  if (process_ && process_->signal(SIGTERM) && !process_->wait(seconds(20))) {
    static_cast<void>(process_->signal(SIGKILL));
    static_cast<void>(process_->wait());
  }
  static_cast<void>(sys::remove_tree(folder_));
}

Result<> PrivateContainerd::restart() {
  TRY(process_->signal(SIGKILL));
  TRY(process_->wait());
  TRY(launch());
  return await_socket();
}

Result<> PrivateContainerd::launch() {
  const auto config = folder_ + "/config.toml";
  TRY(sys::write_file_atomic(config, configuration(folder_, root_), 0600));
  const auto log = TRY(sys::open(folder_ + "/log", O_WRONLY | O_CREAT | O_APPEND));
  sys::SpawnOptions options;
  options.argv = {TRY(sys::find_program("containerd")), "--config", config};
  options.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  options.descriptors = {{log.get(), 1}, {log.get(), 2}};
  options.die_with_parent = true;
  process_ = std::make_unique<sys::Process>(TRY(sys::Process::spawn(options)));
  return {};
}

Result<> PrivateContainerd::await_socket() {
  const UniqueFd events(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!events || ::inotify_add_watch(events.get(), folder_.c_str(), IN_CREATE) < 0) {
    return sys::last_error("watching the folder of the socket");
  }
  const auto deadline = steady_clock::now() + seconds(30);
  while (true) {
    const auto client = connect("flintlock");
    if (client) return {};
    std::array<pollfd, 2> set = {{{events.get(), POLLIN, 0}, {process_->pidfd(), POLLIN, 0}}};
    // Between bind(2), which inotify sees, and listen(2) lies a moment that no event ends.
    const int pause = sys::exists(address()) ? 10 : 1000;
    if (::poll(set.data(), set.size(), pause) < 0) return sys::last_error("waiting for the socket");
    std::array<char, 4096> ignored{};
    while (::read(events.get(), ignored.data(), ignored.size()) > 0) continue;
    if (set[1].revents != 0) return Error(Code::unknown, "containerd ended at once");
    if (steady_clock::now() > deadline) return client.error();
  }
}

std::string PrivateContainerd::log() const {
  return sys::read_tail(folder_ + "/log", 2000).value_or("");
}

Result<std::unique_ptr<Client>> PrivateContainerd::connect(const std::string& name_space) const {
  return containerd::connect(address(), name_space, std::chrono::minutes(1));
}

}  // namespace flintctl::containerd
