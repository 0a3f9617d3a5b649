// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace flintctl::containerd {

/// Bounded waits between tries, each twice the one before: for states of containerd that no event
/// announces (a content reference that another writer holds, a device that is just being removed).
/// An interrupt does not cut them short: cleaning up after one waits, too.
class Backoff {
 public:
  using Duration = std::chrono::milliseconds;
  Backoff(Duration first, Duration longest, Duration total)
      : next_(first), longest_(longest), left_(total) {}

  /// Waits and returns true, or returns false at once when the total is used up.
  bool wait() {
    if (left_ <= Duration::zero()) return false;
    const Duration pause = std::min(next_, left_);
    std::this_thread::sleep_for(pause);
    left_ -= pause;
    next_ = std::min(next_ * 2, longest_);
    return true;
  }

 private:
  Duration next_;
  Duration longest_;
  Duration left_;
};

}  // namespace flintctl::containerd
