// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::sys {

/// Where cgroup2 is mounted, from /proc/self/mountinfo: /sys/fs/cgroup, or .../unified on hybrid
/// hosts. host_not_ready when there is none. cgroups(7).
Result<std::string> cgroup2_mount();

/// One cgroup2 folder, by path below the mount ("flintctl/<uid>"). A name, not an owner: the group
/// outlives the object and goes by remove().
class Cgroup {
 public:
  /// Makes the folder and its parents if they are missing, with memory accounting where it can be.
  static Result<Cgroup> create(const std::string& name);
  /// An existing one; not_found otherwise.
  static Result<Cgroup> open(const std::string& name);

  [[nodiscard]] const std::string& path() const { return path_; }  ///< absolute
  Result<UniqueFd> descriptor() const;                             ///< for SpawnOptions::cgroup
  Result<std::vector<pid_t>> processes() const;
  /// True while any process lives in it or below. cgroup.events "populated".
  Result<bool> populated() const;
  /// SIGKILL to every process in it, by cgroup.kill where the kernel has it, and waits until it is
  /// empty; deadline_exceeded otherwise.
  Result<> kill(std::chrono::milliseconds timeout) const;
  /// Waits until it is empty.
  Result<> wait_empty(std::chrono::milliseconds timeout) const;
  /// rmdir; fine when it is gone already.
  Result<> remove() const;

 private:
  explicit Cgroup(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace flintctl::sys
