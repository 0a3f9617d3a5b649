// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "core/result.hpp"

namespace flintctl::image {

/// Watches that what is being unpacked still fits where it goes. A thin pool that is full holds all
/// writes back, for a minute by default, and everybody waits who touches it: so the unpacking has
/// to end while the pool still takes what the kernel has not written yet.
class SpaceWatch {
 public:
  using FreeSpace = std::function<Result<std::uint64_t>()>;

  /// `free_space`: bytes that the pool has free; empty: nothing is watched.
  explicit SpaceWatch(FreeSpace free_space) : free_space_(std::move(free_space)) {}

  /// So many bytes were unpacked for good, before what check() is told of next.
  void add(std::uint64_t unpacked) { before_ += unpacked; }

  /// `unpacked` bytes were written to files since the last add(), or the beginning.
  /// resource_exhausted when what of them is not in the pool yet hardly fits any more. Asks several
  /// times a second at most, unless `now`.
  enum class When { sometimes, now };
  Result<> check(std::uint64_t unpacked, When when);

 private:
  FreeSpace free_space_;
  std::optional<std::uint64_t> at_first_;  ///< free bytes
  std::uint64_t before_ = 0;
  std::chrono::steady_clock::time_point asked_ = {};
};

}  // namespace flintctl::image
