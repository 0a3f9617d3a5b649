// SPDX-License-Identifier: Apache-2.0
#include "sys/cgroup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <sstream>

#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::sys {
namespace {

using Clock = std::chrono::steady_clock;

bool says_populated(const std::string& events) {
  return events.find("populated 1") != std::string::npos;
}

/// Gives the children of a group their memory.events. A kernel without the controller, or a group
/// that may not hand it on, costs that and no more. cgroup-v2.rst, "Enabling and Disabling".
void account_memory(const std::string& parent) {
  const std::string file = parent + "/cgroup.subtree_control";
  const auto enabled = read_file(file);
  if (!enabled || enabled->find("memory") != std::string::npos) return;
  (void)write_attribute(file, "+memory");
}

}  // namespace

Result<std::string> cgroup2_mount() {
  const std::string table = TRY(read_file("/proc/self/mountinfo"));
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    const auto separator = line.find(" - ");
    if (separator == std::string::npos) continue;
    if (!line.substr(separator + 3).starts_with("cgroup2 ")) continue;
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 5; ++i) fields >> field;
    return field;
  }
  return Error(Code::host_not_ready, "no cgroup2 filesystem is mounted")
      .with_hint("mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
}

Result<Cgroup> Cgroup::create(const std::string& name) {
  const std::string mount = TRY(cgroup2_mount());
  const std::string path = mount + "/" + name;
  TRY(make_directories(path, 0755).context(fmt::format("creating the cgroup {}", name)));
  for (std::size_t end = 0; end != std::string::npos; end = name.find('/', end + 1)) {
    account_memory(end == 0 ? mount : mount + "/" + name.substr(0, end));
  }
  return Cgroup(path);
}

Result<Cgroup> Cgroup::open(const std::string& name) {
  const std::string path = TRY(cgroup2_mount()) + "/" + name;
  if (!is_directory(path)) return Error(Code::not_found, fmt::format("no cgroup {}", name));
  return Cgroup(path);
}

Result<UniqueFd> Cgroup::descriptor() const { return sys::open(path_, O_RDONLY | O_DIRECTORY); }

Result<std::vector<pid_t>> Cgroup::processes() const {
  std::vector<pid_t> pids;
  const auto text = read_file(path_ + "/cgroup.procs");
  if (!text && text.error().code() == Code::not_found) return pids;
  if (!text) return text.error();
  std::istringstream numbers(*text);
  for (pid_t pid = 0; numbers >> pid;) pids.push_back(pid);
  return pids;
}

Result<bool> Cgroup::populated() const {
  const auto events = read_file(path_ + "/cgroup.events");
  if (!events && events.error().code() == Code::not_found) return false;
  if (!events) return events.error();
  return says_populated(*events);
}

Result<> Cgroup::wait_empty(std::chrono::milliseconds timeout) const {
  const auto opened = sys::open(path_ + "/cgroup.events", O_RDONLY);
  if (!opened && opened.error().code() == Code::not_found) return {};
  if (!opened) return opened.error();
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    char buffer[256];
    const ssize_t count = ::pread(opened->get(), buffer, sizeof buffer, 0);
    // ENODEV: the group was removed while its file was open.
    if (count < 0 && errno == ENODEV) return {};
    if (count < 0) return last_error(fmt::format("reading {}/cgroup.events", path_));
    if (!says_populated(std::string(buffer, static_cast<std::size_t>(count)))) return {};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      return Error(Code::deadline_exceeded, fmt::format("processes still live in {}", path_));
    }
    pollfd changed = {opened->get(), POLLPRI, 0};  // cgroup-v2.rst: a change is a POLLPRI event
    (void)::poll(&changed, 1, static_cast<int>(left.count()));
  }
}

Result<> Cgroup::kill(std::chrono::milliseconds timeout) const {
  if (!exists(path_)) return {};
  const auto killed = write_attribute(path_ + "/cgroup.kill", "1");
  if (!killed) {
    // Kernels before 5.14 have no cgroup.kill. A process may fork while the list is read, so read
    // it until it is empty.
    for (int round = 0; round < 100; ++round) {
      const auto pids = TRY(processes());
      if (pids.empty()) break;
      for (const pid_t pid : pids) ::kill(pid, SIGKILL);
    }
  }
  return wait_empty(timeout);
}

Result<> Cgroup::remove() const {
  // The last process is gone from cgroup.procs a moment before the kernel lets go of the group.
  for (int attempt = 0;; ++attempt) {
    if (::rmdir(path_.c_str()) == 0 || errno == ENOENT) return {};
    if (errno != EBUSY || attempt == 50) {
      return last_error(fmt::format("removing the cgroup {}", path_));
    }
    (void)::poll(nullptr, 0, 20);
  }
}

}  // namespace flintctl::sys
