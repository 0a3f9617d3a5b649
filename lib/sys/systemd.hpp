// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "core/result.hpp"

namespace flintctl::sys {

/// Moves a process into a new transient scope unit `name` ("flintctl-vm-<uid>.scope") in
/// system.slice over D-Bus, and returns once the job is done: from then on the end of the caller's
/// session or service does not reach it. org.freedesktop.systemd1(5), StartTransientUnit.
/// host_not_ready when systemd does not run.
Result<> start_scope(const std::string& name, pid_t pid, const std::string& description);

/// The unit's cgroup below the cgroup2 mount ("system.slice/x.scope"), not_found when it is not
/// loaded. Property ControlGroup.
Result<std::string> unit_cgroup(const std::string& name);

}  // namespace flintctl::sys
