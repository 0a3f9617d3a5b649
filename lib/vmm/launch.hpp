// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "vmm/plan.hpp"
#include "vmm/provider.hpp"

namespace flintctl::vmm {

/// Makes the planned files (0600), their folders and the run folder (0700); removes what an earlier
/// run left of them. launch() does it first.
Result<> prepare(const LaunchPlan& plan);

/// Starts the planned process in the VM's own cgroup, entered before exec: "flintctl/<uid>", or
/// where systemd runs the scope flintctl-vm-<uid>.scope, so that the end of the caller's session or
/// service does not reach it. New session, empty environment, no descriptor but stdio.
/// already_exists when a process of that uid is alive. Returns its pid, for display only.
Result<pid_t> launch(const Instance& instance, const LaunchPlan& plan);

/// True while a process of the VM lives, by its cgroup, never by a bare pid.
Result<bool> alive(const std::string& uid);
/// The VM's processes (one, the hypervisor); empty when there is none.
Result<std::vector<pid_t>> processes(const std::string& uid);
/// SIGKILL to all of them, and waits until they are gone. Fine when there is none.
Result<> kill(const std::string& uid, std::chrono::milliseconds timeout);
/// Waits until the last one has ended; deadline_exceeded otherwise.
Result<> wait_exit(const std::string& uid, std::chrono::milliseconds timeout);
/// A descriptor on which poll(2) reports POLLPRI when the VM's first process came or its last one
/// went: wait on it beside others, then ask alive(). not_found when nothing was launched.
Result<UniqueFd> exit_events(const std::string& uid);
/// Removes the cgroup of an ended VM; fine when it is absent.
Result<> remove(const std::string& uid);
/// Processes in the VM's cgroup that the kernel's memory killer ended (memory.events "oom_kill"); 0
/// where the memory controller is not in cgroup2. Valid until remove().
Result<std::uint64_t> oom_kills(const std::string& uid);
/// uids that have a cgroup here, alive or not: for gc.
Result<std::vector<std::string>> launched_uids();

enum class StopOutcome { already_stopped, clean, forced };
/// Asks the guest to power off, waits up to `grace`, then kills: returns when no process is left. A
/// zero grace kills at once.
Result<StopOutcome> stop(const Provider& provider, const Instance& instance,
                         std::chrono::milliseconds grace);

}  // namespace flintctl::vmm
