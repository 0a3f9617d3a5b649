// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <csignal>
#include <utility>

#include "provision/containerd_daemon.hpp"
#include "provision/containerd_process.hpp"
#include "sys/cgroup.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/lock.hpp"
#include "sys/systemd.hpp"

namespace flintctl::provision {
namespace {

constexpr auto kill_timeout = std::chrono::seconds(10);

Error served_by_another(pid_t pid, const std::string& address) {
  return Error(Code::already_exists,
               fmt::format("process {} serves {}, and flintctl did not start it", pid, address))
      .with_hint("stop it the way it was started");
}

/// SIGTERM, a while, SIGKILL: to this one process only. What it started (a shim of somebody's
/// container) is left as containerd itself leaves it.
Result<> end_process(sys::Process& process, std::chrono::milliseconds grace) {
  TRY(process.signal(SIGTERM));
  if (process.wait(grace)) return {};
  TRY(process.signal(SIGKILL));
  TRY(process.wait(kill_timeout).context("containerd did not end when it was killed"));
  return {};
}

/// A socket that nobody serves would still look like a containerd to whoever checks the file.
void remove_dead_socket(const std::string& path) {
  const auto listener = listener_of(path);
  if (listener && !*listener) (void)sys::remove_file(path);
}

}  // namespace

Result<std::optional<pid_t>> stop_containerd(const ContainerdStop& options) {
  TRY(sys::require_root("stopping containerd"));
  const ContainerdNames names = containerd_names(options.address);
  const auto lock = TRY(sys::FileLock::acquire(sys::lock_path(options.run_directory, names.id),
                                               options.grace + kill_timeout));
  auto own = TRY(find_own_containerd(options.address));
  if (!own) {
    const auto listener = TRY(listener_of(options.address));
    if (listener) return served_by_another(*listener, options.address);
    return std::optional<pid_t>();
  }
  const pid_t pid = own->process.pid();
  TRY(end_process(own->process, options.grace).context("stopping containerd"));
  if (own->in_unit) {
    // The unit's name is free again only when systemd has seen the end as well.
    TRY(sys::stop_unit(names.unit, kill_timeout));
  } else if (const auto cgroup = sys::Cgroup::open(names.cgroup)) {
    if (!cgroup->populated().value_or(true)) (void)cgroup->remove();
  }
  remove_dead_socket(options.address);
  remove_dead_socket(options.address + ".ttrpc");
  return std::optional(pid);
}

}  // namespace flintctl::provision
