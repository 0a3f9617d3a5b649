// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "provision/containerd_config.hpp"

namespace flintctl::provision {

/// How to start the private containerd.
struct ContainerdStart {
  std::string binary = "containerd";  ///< as find_containerd_program() takes it
  std::string config_path;
  std::string log_file;  ///< appended to; folders are made
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  std::optional<LogLevel> log_level;  ///< over what the file says
  /// The snapshotter that must be ok; devmapper's pool is looked at as well. Empty: none.
  std::string snapshotter = "devmapper";
  std::string run_directory = "/run/flintctl";  ///< with the lock
};

/// A private containerd that answers, with its snapshotter ok.
struct ContainerdRun {
  bool changed = false;  ///< false: it ran already
  pid_t pid = 0;
  std::string version;
  std::string address;
  std::string config_path;
  std::string log_file;
};

/// Starts it, as a transient systemd service where systemd runs, else detached in a cgroup of its
/// own, and returns once its socket answers and the snapshotter is ok. On failure the process is
/// gone again and the error quotes the line of its log that matters. host_not_ready: containerd or
/// a program it runs missing, configuration missing or wrong for the pool, plugin not ok;
/// already_exists: another process serves the address or holds the root; deadline_exceeded.
Result<ContainerdRun> start_containerd(const ContainerdStart& options);

/// All of that which can be said before a process is started or a file written: already_exists when
/// somebody serves the address, the host's own containerd has the pool, or another holds the root.
Result<> refuse_containerd_clashes(const ContainerdFacts& facts);

struct ContainerdStop {
  std::string address;
  std::chrono::milliseconds grace = std::chrono::seconds(10);  ///< between SIGTERM and SIGKILL
  std::string run_directory = "/run/flintctl";                 ///< with the lock
};

/// Ends the containerd that flintctl started for the address, and nothing else: no other
/// containerd, no VM. The pid it had, or nothing when none ran. already_exists when another
/// process serves the address.
Result<std::optional<pid_t>> stop_containerd(const ContainerdStop& options);

enum class ContainerdOwner { none, flintctl, other };

struct SnapshotterState {
  std::string id;
  enum class State { ok, skipped, failed } state = State::ok;
  std::string message;  ///< why it is not ok
};

/// What can be seen of the containerd at an address.
struct ContainerdStatus {
  ContainerdOwner owner = ContainerdOwner::none;
  std::string address;
  std::string version;  ///< empty: it does not answer
  pid_t pid = 0;
  std::optional<std::chrono::seconds> uptime;
  std::string config_path;  ///< of ours
  std::string log_file;     ///< of ours
  std::vector<SnapshotterState> snapshotters;
  std::string problem;  ///< why it is not ready; empty: it is
  std::string hint;
};

/// Never fails because containerd does not run: `problem` says so.
Result<ContainerdStatus> containerd_status(const std::string& address,
                                           const std::string& snapshotter);

}  // namespace flintctl::provision
