// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "vmm/machine.hpp"

namespace flintctl::vmm {

/// A point in time that several waits share.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds timeout)
      : end_(std::chrono::steady_clock::now() + timeout) {}
  /// Never negative.
  [[nodiscard]] std::chrono::milliseconds left() const;

 private:
  std::chrono::steady_clock::time_point end_;
};

/// A stream connection to the unix socket at `path`: unavailable when nothing listens there.
/// Non-blocking.
Result<UniqueFd> connect_unix(const std::string& path);

/// What to tell of a call that failed while a hypervisor was started: when the connection was lost
/// (unavailable) because the process is ending, ended_early() once it is gone; else `failure`. A
/// socket closes before its process is reaped, so the end is waited for, two seconds at most.
Error explain_failure(const Instance& instance, std::string_view provider, Error failure);

/// Connects to the control socket of a hypervisor that was just launched, waiting until it listens:
/// ended_early() when the process goes first, cancelled on an interrupt, deadline_exceeded.
Result<UniqueFd> await_control_socket(const Instance& instance, std::string_view provider,
                                      const Deadline& deadline);

}  // namespace flintctl::vmm
