// SPDX-License-Identifier: Apache-2.0
#include "vmm/clock.hpp"

#include <chrono>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace flintctl::vmm {

#if defined(__x86_64__)
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

/// One moment on both clocks.
struct Moment {
  Clock::time_point time;
  std::uint64_t counter = 0;
};

/// The counter is read between two readings of the clock. The narrowest of several tries counts: in
/// the others another process may have had the CPU in between.
Moment now_on_both() {
  Moment best;
  auto narrowest = nanoseconds::max();
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto before = Clock::now();
    const std::uint64_t counter = __rdtsc();
    const nanoseconds width = Clock::now() - before;
    if (width >= narrowest) continue;
    narrowest = width;
    best = {before + width / 2, counter};
  }
  return best;
}

}  // namespace

std::uint64_t measure_tsc_khz() {
  constexpr auto interval = std::chrono::milliseconds(2);
  const Moment first = now_on_both();
  while (Clock::now() - first.time < interval) {
  }
  const Moment last = now_on_both();
  const nanoseconds passed = last.time - first.time;
  return (last.counter - first.counter) * 1'000'000 / static_cast<std::uint64_t>(passed.count());
}

#else

std::uint64_t measure_tsc_khz() { return 0; }

#endif

}  // namespace flintctl::vmm
