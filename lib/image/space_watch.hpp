// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "core/result.hpp"

namespace flintctl::image {

/// Watches that what is being unpacked into one snapshot still fits where it goes. A thin pool that
/// is full holds all writes back, for a minute by default, and everybody waits who touches it: so
/// the unpacking has to end while the pool still takes what the kernel has not written yet.
class SpaceWatch {
 public:
  using FreeSpace = std::function<Result<std::uint64_t>()>;

  /// `free_space`: bytes that the pool, or a disk, has free; empty: nothing is watched.
  /// `unwritten`: bytes of files that the kernel has not written, of all this host's.
  explicit SpaceWatch(FreeSpace free_space, FreeSpace unwritten = unwritten_bytes)
      : free_space_(std::move(free_space)), unwritten_(std::move(unwritten)) {}

  /// Of pages that are dirty or being written. proc(5), /proc/meminfo.
  static Result<std::uint64_t> unwritten_bytes();

  /// Bytes that may be unpacked as things are now; nothing when nothing is watched. Begins the
  /// watch. resource_exhausted when there are hardly any.
  Result<std::optional<std::uint64_t>> room();

  /// `unpacked` bytes are in files since room(). resource_exhausted when what of them is not in the
  /// pool yet hardly fits any more, because others write to it, too. How much that is only the
  /// difference of what is free tells, and others take and give as well: it is no more than all
  /// that the kernel has still to write. Asks several times a second at most, unless `now`.
  enum class When { sometimes, now };
  Result<> check(std::uint64_t unpacked, When when);

 private:
  FreeSpace free_space_;
  FreeSpace unwritten_;
  std::uint64_t at_first_ = 0;  ///< free bytes
  std::chrono::steady_clock::time_point asked_ = {};
};

}  // namespace flintctl::image
