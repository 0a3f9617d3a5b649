// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_launch.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <utility>

#include "sys/cgroup.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/systemd.hpp"

namespace flintctl::provision {
namespace {

constexpr auto end_timeout = std::chrono::seconds(10);
constexpr auto start_timeout = std::chrono::seconds(90);
constexpr int oom_score_adjust = -999;  // as containerd's own unit: killing it helps nobody

std::vector<std::string> environment() {
  std::vector<std::string> variables = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  // Its dmsetup would wait for ever for a udevd that does not run.
  if (!sys::udev_running()) variables.emplace_back("DM_DISABLE_UDEV=1");
  return variables;
}

/// The unit's main process; nothing when it has ended.
Result<std::optional<sys::Process>> process_of(const std::string& unit) {
  const auto pid = sys::unit_main_pid(unit);
  if (!pid) {
    if (pid.error().code() == Code::not_found) return std::optional<sys::Process>();
    return pid.error();
  }
  auto process = sys::Process::open(*pid);
  if (!process) return std::optional<sys::Process>();
  return std::optional(*std::move(process));
}

Result<std::optional<sys::Process>> launch_service(const ContainerdNames& names,
                                                   const std::vector<std::string>& argv,
                                                   const std::string& address,
                                                   const std::string& log_file) {
  // `provision` made a unit file of that name: it is the same containerd.
  if (const auto state = sys::unit_state(names.unit); state && state->loaded) {
    TRY(sys::start_unit(names.unit, start_timeout));
    return process_of(names.unit);
  }
  sys::ServiceOptions service;
  service.name = names.unit;
  service.description = fmt::format("flintctl's containerd at {}", address);
  service.argv = argv;
  service.environment = environment();
  service.log_file = log_file;
  service.oom_score_adjust = oom_score_adjust;
  TRY(sys::start_service(service));
  return process_of(names.unit);
}

Result<std::optional<sys::Process>> launch_detached(const ContainerdNames& names,
                                                    const std::vector<std::string>& argv,
                                                    const std::string& log_file) {
  const sys::Cgroup cgroup = TRY(sys::Cgroup::create(names.cgroup));
  const UniqueFd folder = TRY(cgroup.descriptor());
  const UniqueFd log = TRY(sys::open(log_file, O_WRONLY | O_APPEND));
  sys::SpawnOptions options;
  options.argv = argv;
  options.environment = environment();
  options.descriptors = {{log.get(), 1}, {log.get(), 2}};
  options.new_session = true;
  options.cgroup = folder.get();
  return std::optional(TRY(sys::Process::spawn(options)));
}

}  // namespace

Result<std::optional<sys::Process>> launch_containerd(const ContainerdNames& names,
                                                      const std::vector<std::string>& argv,
                                                      const std::string& address,
                                                      const std::string& log_file) {
  if (sys::systemd_running()) return launch_service(names, argv, address, log_file);
  return launch_detached(names, argv, log_file);
}

void end_launched(const ContainerdNames& names) {
  if (sys::systemd_running()) {
    (void)sys::stop_unit(names.unit, end_timeout);
    return;
  }
  const auto cgroup = sys::Cgroup::open(names.cgroup);
  if (!cgroup) return;
  // SIGTERM first: containerd then lets its database and sockets go in order.
  for (const pid_t pid : cgroup->processes().value_or({})) {
    const auto process = sys::Process::open(pid);
    if (process) (void)process->signal(SIGTERM);
  }
  if (!cgroup->wait_empty(end_timeout)) (void)cgroup->kill(end_timeout);
  (void)cgroup->remove();
}

}  // namespace flintctl::provision
