// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace flintctl::archive {

/// How long something takes that is done thousands of times. The first few are all measured; of the
/// others every sixteenth is, and counts for all, because there are machines where reading the
/// clock costs as much as the work.
class SampledTime {
 public:
  template <typename Work>
  auto measure(const Work& work) {
    const auto call = calls_++;
    if (call < first) {
      const Measurement measurement(early_);
      return work();
    }
    if (call % every != 0) return work();
    ++samples_;
    const Measurement measurement(sampled_);
    return work();
  }

  [[nodiscard]] std::chrono::nanoseconds total() const {
    return samples_ == 0 ? early_ : early_ + sampled_ * (calls_ - first) / samples_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  class Measurement {
   public:
    explicit Measurement(std::chrono::nanoseconds& sum) : sum_(sum) {}
    Measurement(const Measurement&) = delete;
    Measurement& operator=(const Measurement&) = delete;
    ~Measurement() { sum_ += Clock::now() - begun_; }

   private:
    std::chrono::nanoseconds& sum_;
    Clock::time_point begun_ = Clock::now();
  };

  static constexpr std::int64_t first = 64;
  static constexpr std::int64_t every = 16;
  std::int64_t calls_ = 0;
  std::int64_t samples_ = 0;
  std::chrono::nanoseconds early_{};
  std::chrono::nanoseconds sampled_{};
};

}  // namespace flintctl::archive
