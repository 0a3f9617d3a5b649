// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace flintctl::sys {

/// Moves a process into a new transient scope unit `name` ("flintctl-vm-<uid>.scope") in
/// system.slice over D-Bus, and returns once the job is done: from then on the end of the caller's
/// session or service does not reach it. org.freedesktop.systemd1(5), StartTransientUnit.
/// host_not_ready when systemd does not run; already_exists when a unit of that name is loaded.
Result<> start_scope(const std::string& name, pid_t pid, const std::string& description);

/// A program that systemd runs as its own child, without a unit file. systemd.service(5).
struct ServiceOptions {
  std::string name;  ///< "flintctl-containerd-<id>.service"
  std::string description;
  std::vector<std::string> argv;         ///< argv[0] is an absolute path
  std::vector<std::string> environment;  ///< "NAME=value", over systemd's own few
  std::string log_file;                  ///< output is appended here; empty: the journal
  int oom_score_adjust = 0;              ///< -1000..1000
};

/// Starts a transient service in system.slice and returns once its exec succeeded. It is forgotten
/// when it ends, however it ends. Stopping it signals its main process only: what that process
/// started for others lives on. Errors as start_scope's.
Result<> start_service(const ServiceOptions& options);

/// Stops a unit and waits until it is gone: SIGTERM, then SIGKILL after the unit's own time limit.
/// Fine when no such unit is loaded; deadline_exceeded after `timeout`.
Result<> stop_unit(const std::string& name, std::chrono::milliseconds timeout);

/// Starts a unit that has a file, and returns when its job is done: for a oneshot when it has
/// ended, for Type=notify when it says that it is ready. not_found when there is no such unit;
/// unknown when it failed.
Result<> start_unit(const std::string& name, std::chrono::milliseconds timeout);

/// Restarts one, or starts it when it does not run; returns as start_unit() does.
Result<> restart_unit(const std::string& name, std::chrono::milliseconds timeout);

/// `systemctl daemon-reload`: unit files are read again.
Result<> reload_units();

/// A unit as systemd sees it. org.freedesktop.systemd1(5).
struct UnitState {
  bool loaded = false;        ///< it has a file, or is transient
  bool active = false;        ///< "active", or "activating", "reloading"
  bool needs_reload = false;  ///< its file changed since it was read
  std::string active_word;    ///< "active", "inactive", "failed", …
  std::string fragment;       ///< the file it was read from
  std::string file_word;  ///< "enabled", "disabled", "masked", "static", …; empty without a file
};
Result<UnitState> unit_state(const std::string& name);

/// The main process of a service; not_found when the unit is not loaded or has none.
Result<pid_t> unit_main_pid(const std::string& name);

/// The unit's cgroup below the cgroup2 mount ("system.slice/x.scope"), not_found when it is not
/// loaded. Property ControlGroup.
Result<std::string> unit_cgroup(const std::string& name);

}  // namespace flintctl::sys
