// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/unique_fd.hpp"

namespace flintctl::devmapper {

/// The kernel's log from a moment on: device-mapper answers a bad table with a bare errno and says
/// why only there. kmsg: Documentation/ABI/testing/dev-kmsg. Room-internal.
class KernelLog {
 public:
  /// Begins after what is in the log now. Where it cannot be read, there will be no lines.
  static KernelLog mark();

  /// What device-mapper has said since, in one line, without its prefix; empty when nothing.
  [[nodiscard]] std::string device_mapper_lines() const;

 private:
  explicit KernelLog(UniqueFd log) : log_(std::move(log)) {}
  UniqueFd log_;
};

/// The message of one record if device-mapper wrote it and it says more than that something failed.
std::string_view device_mapper_message(std::string_view record);

}  // namespace flintctl::devmapper
