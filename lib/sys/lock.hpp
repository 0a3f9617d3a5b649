// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::sys {

/// Where the lock `name` lies on a host whose runtime folder is `run_directory`: the one folder of
/// all of flintctl's locks.
std::string lock_path(const std::string& run_directory, const std::string& name);

/// Takes an exclusive flock(2) on `fd`, which was opened as `path`; false when another holds it. A
/// name that meanwhile went, or was given to another file by whoever held the lock, is Error
/// aborted: to be opened anew.
Result<bool> lock_named(const UniqueFd& fd, const std::string& path);

/// An exclusive flock(2), held until scope exit. The file (0600) holds the owner's pid and is never
/// unlinked: unlinking a lock file lets two processes hold "the" lock. Not inherited over exec.
class FileLock {
 public:
  /// Takes the lock within `wait` (zero: at once or not at all), else Error aborted that names the
  /// holder's pid. Makes missing parent folders (0755).
  static Result<FileLock> acquire(const std::string& path,
                                  std::chrono::milliseconds wait = std::chrono::milliseconds(0));

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace flintctl::sys
