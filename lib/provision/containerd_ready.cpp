// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_ready.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "containerd/client.hpp"
#include "containerd/glance.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::provision {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto call_timeout = std::chrono::seconds(3);
constexpr milliseconds glance_timeout{1000};
constexpr milliseconds first_pause{10};
constexpr milliseconds longest_pause{200};

SnapshotterState state_of(const containerd::Plugin& plugin) {
  if (plugin.init_error.empty()) return {plugin.id, SnapshotterState::State::ok, ""};
  // A plugin that declines says so at the end of its error. containerd, plugin/plugin.go.
  const bool skipped = plugin.init_error.ends_with("skip plugin");
  return {plugin.id, skipped ? SnapshotterState::State::skipped : SnapshotterState::State::failed,
          plugin.init_error};
}

ContainerdAnswer to_answer(pid_t pid, const containerd::Version& version,
                           const std::vector<containerd::Plugin>& plugins) {
  ContainerdAnswer answer;
  answer.pid = pid;
  answer.version = version.version;
  for (const containerd::Plugin& plugin : plugins) {
    if (plugin.type == "io.containerd.snapshotter.v1") {
      answer.snapshotters.push_back(state_of(plugin));
    } else if (plugin.type == "io.containerd.metadata.v1") {
      answer.metadata_error = plugin.init_error;
    }
  }
  return answer;
}

/// Tells when something appears in the folder of a socket.
Result<UniqueFd> watch_folder_of(const std::string& path) {
  UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch) return sys::last_error("watching for containerd's socket");
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (::inotify_add_watch(watch.get(), folder.c_str(), IN_CREATE | IN_MOVED_TO) < 0) {
    return sys::last_error(fmt::format("watching {} for containerd's socket", folder));
  }
  return watch;
}

void drain(const UniqueFd& watch) {
  char buffer[4096];
  while (::read(watch.get(), buffer, sizeof buffer) > 0) {
  }
}

bool may_pass(const Error& error) {
  return error.code() == Code::host_not_ready || error.code() == Code::deadline_exceeded ||
         error.code() == Code::unavailable;
}

}  // namespace

std::optional<ContainerdAnswer> glance_at_containerd(const std::string& address) {
  const auto seen = containerd::glance(address, glance_timeout);
  if (!seen) return std::nullopt;
  return to_answer(seen->pid, seen->version, seen->plugins);
}

Result<ContainerdAnswer> ask_containerd(const std::string& address) {
  // Version and introspection belong to no namespace, but a client has one.
  const auto client = TRY(containerd::connect(address, "flintlock", call_timeout));
  const containerd::Version version = TRY(client->version());
  return to_answer(0, version, TRY(client->plugins({})));
}

Result<> require_snapshotter(const ContainerdAnswer& answer, const std::string& snapshotter) {
  const auto found = std::find_if(answer.snapshotters.begin(), answer.snapshotters.end(),
                                  [&](const auto& state) { return state.id == snapshotter; });
  if (!snapshotter.empty() && found == answer.snapshotters.end()) {
    return Error(Code::host_not_ready,
                 fmt::format("containerd {} has no {} snapshotter", answer.version, snapshotter));
  }
  if (!snapshotter.empty() && found->state != SnapshotterState::State::ok) {
    return Error(Code::host_not_ready, fmt::format("containerd's {} snapshotter is not ok: {}",
                                                   snapshotter, found->message));
  }
  if (answer.metadata_error.empty()) return {};
  // containerd 2 gives up on all services when one configured snapshotter does not load.
  return Error(Code::host_not_ready,
               fmt::format("containerd's metadata store is not ok: {}", answer.metadata_error));
}

Result<ContainerdAnswer> wait_for_answer(const sys::Process& process, const std::string& address,
                                         Clock::time_point deadline) {
  const UniqueFd watch = TRY(watch_folder_of(address));
  milliseconds pause = first_pause;
  for (;;) {
    TRY(sys::check_interrupt());
    if (process.ended()) {
      return Error(Code::aborted, fmt::format("containerd (pid {}) ended", process.pid()));
    }
    const bool there = sys::exists(address);
    if (there) {
      auto glance = glance_at_containerd(address);
      auto answer = glance ? *std::move(glance) : ask_containerd(address);
      if (answer || !may_pass(answer.error())) return answer;
    }
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      return Error(Code::deadline_exceeded, fmt::format("containerd (pid {}) does not answer at {}",
                                                        process.pid(), address));
    }
    // Between bind(2) and the first answer the kernel gives no event: then, and only then, retry.
    const milliseconds wait = there ? std::min(left, pause) : left;
    if (there) pause = std::min(pause * 2, longest_pause);
    pollfd waited[3] = {
        {process.pidfd(), POLLIN, 0}, {watch.get(), POLLIN, 0}, {sys::interrupt_fd(), POLLIN, 0}};
    if (::poll(waited, 3, static_cast<int>(wait.count())) < 0 && errno != EINTR) {
      return sys::last_error("waiting for containerd");
    }
    drain(watch);
  }
}

}  // namespace flintctl::provision
