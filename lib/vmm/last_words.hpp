// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "vmm/machine.hpp"
#include "vmm/provider.hpp"

namespace flintctl::vmm {

/// The last `count` lines of a file behind `offset` that say something, with control characters
/// taken out; empty when there are none.
std::vector<std::string> tail_lines(const std::string& path, std::size_t count,
                                    std::uint64_t offset = 0);

/// The kernel's own words when a guest panicked ("Kernel panic - not syncing: …"), if these lines
/// hold them.
std::optional<std::string> panic_line(const std::vector<std::string>& console);

/// Completes what a provider knows of an end (`reason`) with what
/// every VM leaves: the memory killer's count, a panic on the console, words on stderr.
ExitEvidence judge_exit(const Instance& instance, std::uint64_t console_offset, ExitReason reason);

/// The error of a hypervisor that ended while it was started: host_not_ready or unknown, quoting
/// the last lines of its log.
Error ended_early(const Instance& instance, std::string_view provider);

}  // namespace flintctl::vmm
