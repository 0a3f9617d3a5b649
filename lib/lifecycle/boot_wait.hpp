// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace flintctl::lifecycle {

/// One wait for a guest's userspace.
struct BootWatch {
  std::string console_log;
  std::uint64_t offset =
      0;               ///< where this start's output begins: what lies before is an old boot's
  std::string marker;  ///< BootScanner's
  int exit_fd = -1;    ///< readable once the hypervisor has ended (a pidfd); -1: not watched
  std::chrono::milliseconds timeout{};
  /// Below this much free space in the log's filesystem, what was read of it is given back: a guest
  /// that talks more than its log holds must still be heard when it says that it is up.
  std::uint64_t least_space = 1U << 20U;
};

enum class BootOutcome { booted, panicked, powered_off, exited, timed_out };

struct BootReport {
  BootOutcome outcome = BootOutcome::timed_out;
  std::string line;                     ///< that decided
  std::vector<std::string> last_lines;  ///< of this start's output
};

/// Follows the console file by inotify(7) until the guest shows userspace or its end, the
/// hypervisor ends, or time is up. What the file holds at the hypervisor's end still counts, also a
/// last line that has no end.
/// cancelled on SIGINT.
Result<BootReport> watch_boot(const BootWatch& watch);

}  // namespace flintctl::lifecycle
