// SPDX-License-Identifier: Apache-2.0
#include "vmm/launch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <sstream>

#include "sys/cgroup.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/process.hpp"
#include "sys/systemd.hpp"
#include "vm/name.hpp"

namespace flintctl::vmm {
namespace {

constexpr std::string_view own_parent = "flintctl";
constexpr std::string_view scope_parent = "system.slice";
constexpr std::string_view scope_prefix = "flintctl-vm-";
constexpr std::string_view scope_suffix = ".scope";
constexpr std::chrono::seconds scope_timeout(10);  // for a scope that is empty, or has to be killed

std::string scope_name(const std::string& uid) {
  return fmt::format("{}{}{}", scope_prefix, uid, scope_suffix);
}

std::string own_cgroup(const std::string& uid) { return fmt::format("{}/{}", own_parent, uid); }

/// The VM's cgroup of either kind; both exist only when systemd came or went between two starts.
Result<std::vector<sys::Cgroup>> cgroups_of(const std::string& uid) {
  std::vector<sys::Cgroup> found;
  for (const auto& name : {own_cgroup(uid), fmt::format("{}/{}", scope_parent, scope_name(uid))}) {
    auto group = sys::Cgroup::open(name);
    if (group) {
      found.push_back(*std::move(group));
    } else if (group.error().code() != Code::not_found) {
      return std::move(group).error();
    }
  }
  return found;
}

Result<> make_file(const PlannedFile& file) {
  TRY(sys::make_directories(file.path.substr(0, file.path.rfind('/')), 0700));
  if (file.content == PlannedFile::Content::fresh) TRY(sys::remove_file(file.path));
  const UniqueFd fd = TRY(sys::open(file.path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600));
  // A filesystem that cannot reserve is no reason not to start.
  if (file.reserve != 0) {
    (void)!::fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(file.reserve));
  }
  return {};
}

struct Gate {
  UniqueFd child_end;
  UniqueFd our_end;
};

Result<Gate> make_gate() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return sys::last_error("making a pipe");
  return Gate{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// The child waits at the gate until `place` has moved it; without the byte it ends.
Result<sys::Process> spawn_gated(sys::SpawnOptions options,
                                 const std::function<Result<>(pid_t)>& place) {
  Gate gate = TRY(make_gate());
  options.gate = gate.child_end.get();
  auto process = TRY(sys::Process::spawn(options));
  gate.child_end.reset();
  TRY(place(process.pid()));
  TRY(sys::write_all(gate.our_end.get(), "x"));
  return process;
}

Result<sys::Process> spawn_in_scope(const std::string& uid, const sys::SpawnOptions& options) {
  TRY(remove(uid));  // one that systemd has not yet seen to be empty keeps its name taken
  return spawn_gated(options, [&](pid_t pid) {
    return sys::start_scope(scope_name(uid), pid, fmt::format("flintctl VM {}", uid));
  });
}

/// Linux 6.14 and the stable kernels that took its change compare the kill counters of the caller's
/// cgroup and the new one, and kill a child that is cloned between two that differ: one of them was
/// killed once (cgroup.kill).
bool killed_at_birth(sys::Process& process) {
  char target[1];  // the link cannot be read once the memory it stands for is gone
  const std::string program = fmt::format("/proc/{}/exe", process.pid());
  if (::readlink(program.c_str(), target, sizeof target) > 0) return false;
  const auto status = process.wait(std::chrono::seconds(1));
  return status && status->signal == SIGKILL;
}

/// Cloned into the cgroup, for a move costs a grace period of RCU; moved where that cannot be.
Result<sys::Process> spawn_in_cgroup(const std::string& uid, sys::SpawnOptions options) {
  TRY(remove(uid));  // a new group has a new kill counter, and no memory.events of an earlier run
  const auto group = TRY(sys::Cgroup::create(own_cgroup(uid)));
  const UniqueFd descriptor = TRY(group.descriptor());
  options.cgroup = descriptor.get();
  auto process = sys::Process::spawn(options);
  if (!process || !killed_at_birth(*process)) return process;
  options.cgroup = -1;
  return spawn_gated(options, [&](pid_t pid) {
    return sys::write_attribute(group.path() + "/cgroup.procs", std::to_string(pid));
  });
}

}  // namespace

Result<> prepare(const LaunchPlan& plan) {
  TRY(sys::make_directories(plan.run_directory, 0700));
  for (const auto& path : plan.stale) TRY(sys::remove_file(path));
  for (const auto& file : plan.files) TRY(make_file(file));
  return {};
}

Result<pid_t> launch(const Instance& instance, const LaunchPlan& plan) {
  if (TRY(alive(instance.uid))) {
    return Error(Code::already_exists,
                 fmt::format("a hypervisor of VM {} runs already", instance.uid));
  }
  TRY(prepare(plan).context("making the hypervisor's files"));
  const UniqueFd output = TRY(sys::open(plan.output, O_WRONLY | O_APPEND));
  const UniqueFd errors = TRY(sys::open(plan.errors, O_WRONLY | O_APPEND));
  sys::SpawnOptions options;
  options.argv = plan.argv;
  options.descriptors = {{output.get(), 1}, {errors.get(), 2}};
  options.new_session = true;
  const auto process = sys::systemd_running() ? spawn_in_scope(instance.uid, options)
                                              : spawn_in_cgroup(instance.uid, options);
  if (!process) return Error(process.error()).context(fmt::format("starting {}", plan.argv[0]));
  return process->pid();
}

Result<bool> alive(const std::string& uid) {
  for (const auto& group : TRY(cgroups_of(uid))) {
    if (TRY(group.populated())) return true;
  }
  return false;
}

Result<std::vector<pid_t>> processes(const std::string& uid) {
  std::vector<pid_t> pids;
  for (const auto& group : TRY(cgroups_of(uid))) {
    const auto some = TRY(group.processes());
    pids.insert(pids.end(), some.begin(), some.end());
  }
  return pids;
}

Result<> kill(const std::string& uid, std::chrono::milliseconds timeout) {
  for (const auto& group : TRY(cgroups_of(uid))) TRY(group.kill(timeout));
  return {};
}

Result<> wait_exit(const std::string& uid, std::chrono::milliseconds timeout) {
  for (const auto& group : TRY(cgroups_of(uid))) TRY(group.wait_empty(timeout));
  return {};
}

Result<UniqueFd> exit_events(const std::string& uid) {
  for (const auto& group : TRY(cgroups_of(uid))) {
    auto events = sys::open(group.path() + "/cgroup.events", O_RDONLY);
    if (!events) continue;  // removed meanwhile
    char seen[256];
    (void)!::pread(events->get(), seen, sizeof seen, 0);  // only later changes are reported
    return events;
  }
  return Error(Code::not_found, fmt::format("no hypervisor of VM {} was started", uid));
}

Result<> remove(const std::string& uid) {
  // systemd removes a scope's cgroup itself. When it is removed behind its back, systemd never
  // hears that it is empty, and the scope stays loaded for ever.
  if (sys::systemd_running()) TRY(sys::stop_unit(scope_name(uid), scope_timeout));
  for (const auto& group : TRY(cgroups_of(uid))) TRY(group.remove());
  return {};
}

Result<std::uint64_t> oom_kills(const std::string& uid) {
  std::uint64_t total = 0;
  for (const auto& group : TRY(cgroups_of(uid))) {
    const auto text = sys::read_file(group.path() + "/memory.events");
    if (!text) continue;  // no memory controller here
    std::istringstream lines(*text);
    std::string key;
    for (std::uint64_t count = 0; lines >> key >> count;) {
      if (key == "oom_kill") total += count;
    }
  }
  return total;
}

Result<std::vector<std::string>> launched_uids() {
  const std::string mount = TRY(sys::cgroup2_mount());
  std::vector<std::string> uids;
  for (const auto& name : TRY(sys::list_directory(fmt::format("{}/{}", mount, own_parent)))) {
    if (vm::is_uid(name)) uids.push_back(name);
  }
  for (const auto& name : TRY(sys::list_directory(fmt::format("{}/{}", mount, scope_parent)))) {
    if (!name.starts_with(scope_prefix) || !name.ends_with(scope_suffix)) continue;
    const std::string uid =
        name.substr(scope_prefix.size(), name.size() - scope_prefix.size() - scope_suffix.size());
    if (vm::is_uid(uid)) uids.push_back(uid);
  }
  std::sort(uids.begin(), uids.end());
  uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
  return uids;
}

Result<StopOutcome> stop(const Provider& provider, const Instance& instance,
                         std::chrono::milliseconds grace) {
  constexpr auto ask_timeout = std::chrono::seconds(2);
  constexpr auto kill_timeout = std::chrono::seconds(10);
  if (!TRY(alive(instance.uid))) return StopOutcome::already_stopped;
  // A paused guest hears nothing.
  if (grace.count() > 0) (void)provider.resume(instance, ask_timeout);
  // A failed request is no reason to give up on a guest that is just ending by itself.
  if (grace.count() > 0 &&
      (provider.request_shutdown(instance, ask_timeout) || !TRY(alive(instance.uid)))) {
    const auto ended = wait_exit(instance.uid, grace);
    if (ended) return StopOutcome::clean;
    if (ended.error().code() != Code::deadline_exceeded) return ended.error();
  }
  TRY(kill(instance.uid, kill_timeout));
  return StopOutcome::forced;
}

}  // namespace flintctl::vmm
