// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "sys/process.hpp"

namespace flintctl::provision {

/// Where the private containerd's configuration lies unless a person says otherwise.
inline constexpr const char* private_containerd_config = "/etc/containerd/config-dev.toml";

/// The log of the containerd at `address`, when nobody names one.
std::string default_containerd_log(const std::string& address);

/// The names under which flintctl runs the containerd of one socket: derived from the socket alone,
/// so that every later command finds it without a record.
struct ContainerdNames {
  std::string id;           ///< "containerd-<hash>"
  std::string cgroup;       ///< "flintctl/<id>": where no systemd runs
  std::string unit;         ///< "flintctl-<id>.service": where it does
  std::string unit_cgroup;  ///< "system.slice/<unit>"
};
ContainerdNames containerd_names(const std::string& address);

/// A containerd that flintctl started, as the kernel knows it.
struct OwnContainerd {
  sys::Process process;
  std::string config_path;  ///< from its command line
  std::string log_file;     ///< where its standard error goes; empty when that is no file
  std::chrono::milliseconds uptime;
  bool in_unit = false;  ///< systemd's child, not a detached process
};

/// The containerd that flintctl started for `address`: a process in the cgroup of that name whose
/// command line is `containerd --config …`. Nothing when there is none. The pidfd is opened first
/// and the rest checked after, so that a reused pid cannot be taken for it.
Result<std::optional<OwnContainerd>> find_own_containerd(const std::string& address);

/// Why the running one does not go by the file at `config_path` as it is: it was started with
/// another, or the file was changed since. Empty: it does, or that cannot be told, as while the
/// clock is behind the file's time.
std::string outdated_config(const OwnContainerd& own, const std::string& config_path);

/// The process that listens on a unix socket, or nothing when nobody does. A pid of 0 is a process
/// outside this pid namespace. SO_PEERCRED, unix(7).
Result<std::optional<pid_t>> listener_of(const std::string& socket_path);

/// The process that holds containerd's metadata database below `root`, or nothing when it is free.
/// A pid of 0 means that it is held by one that cannot be named.
Result<std::optional<pid_t>> database_holder(const std::string& root);

}  // namespace flintctl::provision
