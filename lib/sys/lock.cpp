// SPDX-License-Identifier: Apache-2.0
#include "sys/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"
#include "sys/process.hpp"

namespace flintctl::sys {
namespace {

using Clock = std::chrono::steady_clock;

/// Pauses between two tries, or less when the user interrupts: flock(2) has no timed form, and a
/// blocking one would need a thread to be ended.
void pause(std::chrono::milliseconds time) {
  pollfd waited = {interrupt_fd(), POLLIN, 0};
  (void)::poll(&waited, 1, static_cast<int>(time.count()));
}

Error held_by_another(const std::string& path, const std::string& owner) {
  std::string who = "process unknown";
  pid_t pid = 0;
  const std::string line = owner.substr(0, owner.find('\n'));
  const auto [end, failed] = std::from_chars(line.data(), line.data() + line.size(), pid);
  if (failed == std::errc() && end == line.data() + line.size()) who = process_text(pid);
  return Error(Code::aborted, fmt::format("{} holds the lock {}", who, path))
      .with_hint("wait until the other command has ended, then try again");
}

}  // namespace

std::string lock_path(const std::string& run_directory, const std::string& name) {
  return fmt::format("{}/locks/{}.lock", run_directory, name);
}

Result<bool> lock_named(const UniqueFd& fd, const std::string& path) {
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    return last_error("locking " + path);
  }
  struct stat opened {};
  struct stat named {};
  if (::fstat(fd.get(), &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
      opened.st_ino == named.st_ino && opened.st_dev == named.st_dev) {
    return true;
  }
  return Error(Code::aborted, fmt::format("{} went while it was opened", path));
}

Result<FileLock> FileLock::acquire(const std::string& path, std::chrono::milliseconds wait) {
  const auto slash = path.find_last_of('/');
  if (slash != std::string::npos && slash > 0) TRY(make_directories(path.substr(0, slash)));
  UniqueFd fd = TRY(open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
  const auto deadline = Clock::now() + wait;
  std::chrono::milliseconds step(10);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return last_error(fmt::format("locking {}", path));
    TRY(check_interrupt());
    if (Clock::now() >= deadline) {
      return held_by_another(path, read_file(path, 64).value_or(std::string()));
    }
    pause(step);
    step = std::min(step * 2, std::chrono::milliseconds(200));
  }
  if (::ftruncate(fd.get(), 0) != 0) return last_error(fmt::format("locking {}", path));
  TRY(write_all(fd.get(), fmt::format("{}\n", ::getpid())).context("locking " + path));
  return FileLock(std::move(fd));
}

}  // namespace flintctl::sys
