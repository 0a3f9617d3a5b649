// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::lifecycle {

/// A file that grows: read from an offset, and waited for. inotify(7) on its folder, so that it may
/// appear or be replaced later.
class FileWatch {
 public:
  static Result<FileWatch> open(const std::string& path, std::uint64_t offset);

  /// What came since the last read, at most 64 KiB; empty when nothing did. A file that became
  /// shorter is read from its start; holes at the offset are passed over.
  Result<std::string> read();

  /// Gives the space of what was read, but for the last 16 KiB or so, back to a filesystem that has
  /// less than `least` bytes left. Offsets stay, and who appends does not notice. fallocate(2),
  /// FALLOC_FL_PUNCH_HOLE; nothing where the filesystem knows no holes.
  Result<> make_room(std::uint64_t least);

  enum class Wake { changed, ended, timed_out };
  /// Waits for a change, for `exit_fd` (-1: none) to become readable, or for the deadline.
  /// cancelled on an interrupt.
  Result<Wake> wait(int exit_fd, std::optional<std::chrono::steady_clock::time_point> deadline);

 private:
  FileWatch(std::string path, std::uint64_t offset, UniqueFd inotify)
      : path_(std::move(path)), offset_(offset), inotify_(std::move(inotify)) {}
  void drain();

  std::string path_;
  std::uint64_t offset_;
  UniqueFd inotify_;
};

}  // namespace flintctl::lifecycle
