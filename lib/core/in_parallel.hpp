// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace flintctl {

/// Calls `work(i)` for each i below `count`, at most `most` of them at once, one of these on the
/// calling thread. All threads live until the last is done: a child process may die with the one
/// that started it.
template <typename Work>
void in_parallel(std::size_t count, std::size_t most, const Work& work) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  while (others.size() + 1 < std::min(most, count)) others.emplace_back(run);
  run();
}

}  // namespace flintctl
