// SPDX-License-Identifier: Apache-2.0
#include "vmm/clock.hpp"

#include <chrono>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace flintctl::vmm {

std::uint64_t measure_tsc_khz() {
#if defined(__x86_64__)
  using Clock = std::chrono::steady_clock;
  constexpr auto interval = std::chrono::milliseconds(2);
  const auto start = Clock::now();
  const std::uint64_t first = __rdtsc();
  std::chrono::nanoseconds passed{};
  std::uint64_t last = first;
  do {
    last = __rdtsc();
    passed = Clock::now() - start;
  } while (passed < interval);
  return (last - first) * 1'000'000 / static_cast<std::uint64_t>(passed.count());
#else
  return 0;
#endif
}

}  // namespace flintctl::vmm
