// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <sstream>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "sys/cgroup.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/sha256.hpp"

namespace flintctl::provision {
namespace {

/// The words of a process's command line; empty for one that is gone or a zombie.
std::vector<std::string> command_line(pid_t pid) {
  std::vector<std::string> words;
  const auto text = sys::read_file(fmt::format("/proc/{}/cmdline", pid));
  if (!text) return words;
  std::istringstream stream(*text);
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  return words;
}

/// The value of --config of a command line of containerd, or nothing when it is another program's.
std::optional<std::string> containerd_config_of(const std::vector<std::string>& words) {
  if (words.empty() || std::filesystem::path(words.front()).filename() != "containerd") {
    return std::nullopt;
  }
  const auto flag = std::find(words.begin(), words.end(), "--config");
  if (flag == words.end() || flag + 1 == words.end()) return std::nullopt;
  return *(flag + 1);
}

std::string error_output_of(pid_t pid) {
  std::error_code failed;
  const auto target = std::filesystem::read_symlink(fmt::format("/proc/{}/fd/2", pid), failed);
  const std::string path = failed ? std::string() : target.string();
  return path.starts_with('/') && !path.starts_with("/dev/") ? path : std::string();
}

Result<std::chrono::milliseconds> uptime_of(pid_t pid) {
  const std::uint64_t started_ticks = TRY(sys::start_time(pid));
  timespec now = {};
  if (::clock_gettime(CLOCK_BOOTTIME, &now) != 0) return sys::last_error("reading the clock");
  const auto since_boot = static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
  const auto started = static_cast<std::int64_t>(started_ticks) * 1000 / ::sysconf(_SC_CLK_TCK);
  return std::chrono::milliseconds(std::max<std::int64_t>(0, since_boot - started));
}

bool is_in(const sys::Cgroup& cgroup, pid_t pid) {
  const auto members = cgroup.processes();
  return members && std::find(members->begin(), members->end(), pid) != members->end();
}

Result<std::optional<OwnContainerd>> find_in(const std::string& name) {
  const auto cgroup = sys::Cgroup::open(name);
  if (!cgroup) {
    // Without cgroup2 nothing of ours can run in one.
    const Code code = cgroup.error().code();
    if (code == Code::not_found || code == Code::host_not_ready)
      return std::optional<OwnContainerd>();
    return cgroup.error();
  }
  for (const pid_t pid : TRY(cgroup->processes())) {
    auto process = sys::Process::open(pid);
    if (!process) continue;
    const auto config = containerd_config_of(command_line(pid));
    if (!config || !is_in(*cgroup, pid)) continue;
    const auto uptime = uptime_of(pid);
    if (!uptime || process->ended()) continue;
    return std::optional(
        OwnContainerd{*std::move(process), *config, error_output_of(pid), *uptime});
  }
  return std::optional<OwnContainerd>();
}

/// The holder of a flock(2) as /proc/locks lists it, or 0. proc(5).
pid_t flock_holder(const struct stat& file) {
  const auto locks = sys::read_file("/proc/locks");
  if (!locks) return 0;
  const std::string inode = fmt::format(":{} ", file.st_ino);
  std::istringstream lines(*locks);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("FLOCK") == std::string::npos || line.find(inode) == std::string::npos) continue;
    std::istringstream words(line);
    std::string skipped;
    pid_t pid = 0;
    words >> skipped >> skipped >> skipped >> skipped >> pid;
    return std::max<pid_t>(pid, 0);
  }
  return 0;
}

}  // namespace

std::string default_containerd_log(const std::string& address) {
  if (address == config::private_containerd_address) return "/var/log/flintctl/containerd-dev.log";
  return fmt::format("/var/log/flintctl/{}.log", containerd_names(address).id);
}

ContainerdNames containerd_names(const std::string& address) {
  // One socket has one name, whatever links lead to it: /var/run is often a link to /run.
  std::error_code failed;
  const auto resolved = std::filesystem::weakly_canonical(address, failed);
  const std::string hash = sys::sha256_hex(failed ? address : resolved.string()).substr(0, 12);
  ContainerdNames names;
  names.id = fmt::format("containerd-{}", hash);
  names.cgroup = fmt::format("flintctl/{}", names.id);
  names.unit = fmt::format("flintctl-{}.service", names.id);
  names.unit_cgroup = fmt::format("system.slice/{}", names.unit);
  return names;
}

Result<std::optional<OwnContainerd>> find_own_containerd(const std::string& address) {
  const ContainerdNames names = containerd_names(address);
  auto own = TRY(find_in(names.cgroup));
  if (own) return own;
  own = TRY(find_in(names.unit_cgroup));
  if (own) own->in_unit = true;
  return own;
}

std::string outdated_config(const OwnContainerd& own, const std::string& config_path) {
  if (own.config_path != config_path) {
    return fmt::format("containerd runs by {}, not by {}", own.config_path, config_path);
  }
  // The kernel counts a process's start in ticks, and a file's change in its own: what is as close
  // as this to the start was written before it.
  constexpr auto slack = std::chrono::milliseconds(30);
  struct stat file = {};
  timespec now = {};
  if (::stat(config_path.c_str(), &file) != 0 || ::clock_gettime(CLOCK_REALTIME, &now) != 0) {
    return {};
  }
  const auto age = std::chrono::seconds(now.tv_sec - file.st_mtim.tv_sec) +
                   std::chrono::nanoseconds(now.tv_nsec - file.st_mtim.tv_nsec);
  if (age < std::chrono::nanoseconds(0) || age + slack >= own.uptime) return {};
  return fmt::format("containerd runs by an older {}", config_path);
}

Result<std::optional<pid_t>> listener_of(const std::string& socket_path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) {
    return Error(Code::invalid_argument,
                 fmt::format("the socket path {} is too long", socket_path));
  }
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return sys::last_error("opening a unix socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) return std::optional<pid_t>();
    // EAGAIN: somebody listens whose queue is full.
    if (errno == EAGAIN) return std::optional<pid_t>(0);
    return sys::last_error(fmt::format("connecting to {}", socket_path));
  }
  ucred peer = {};
  socklen_t length = sizeof peer;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
    return sys::last_error(fmt::format("asking who listens on {}", socket_path));
  }
  return std::optional<pid_t>(peer.pid);
}

Result<std::optional<pid_t>> database_holder(const std::string& root) {
  const std::string path = root + "/io.containerd.metadata.v1.bolt/meta.db";
  const auto file = sys::open(path, O_RDONLY);
  if (!file) {
    if (file.error().code() == Code::not_found) return std::optional<pid_t>();
    return file.error();
  }
  // A shared lock for a moment: only an owner's exclusive one refuses it.
  if (::flock(file->get(), LOCK_SH | LOCK_NB) == 0) return std::optional<pid_t>();
  struct stat status = {};
  if (::fstat(file->get(), &status) != 0) return std::optional<pid_t>(0);
  return std::optional<pid_t>(flock_holder(status));
}

}  // namespace flintctl::provision
