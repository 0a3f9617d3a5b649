// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "core/result.hpp"

namespace flintctl::archive {

/// How much of each layer's file has been downloaded: told by one thread, waited for by another.
class Feed {
 public:
  explicit Feed(std::size_t layers) : layers_(layers) {}

  /// The first `bytes` bytes of layer `index` are there. Never goes back.
  void set_available(std::size_t index, std::uint64_t bytes);
  /// The layer will not come.
  void fail(std::size_t index);
  /// Nobody needs any layer any more: all waiting ends.
  void cancel();

  [[nodiscard]] std::uint64_t available(std::size_t index) const;

  /// Waits until at least `bytes` bytes are there and returns how many are; cancelled when they
  /// will not come.
  Result<std::uint64_t> wait(std::size_t index, std::uint64_t bytes) const;

 private:
  struct State {
    std::uint64_t available = 0;
    bool failed = false;
  };
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<State> layers_;
};

}  // namespace flintctl::archive
