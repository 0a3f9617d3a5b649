// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace flintctl::lvm {

/// LVM's own programs; tests give fake ones. Nothing else knows LVM's metadata: its library for
/// programs was withdrawn.
class Tools {
 public:
  virtual ~Tools() = default;
  /// LVM is installed.
  virtual bool available() = 0;
  /// Runs `lvm WORDS` to its end, whatever becomes of this process: what it printed. What it says
  /// last is the error. host_not_ready when LVM is not installed.
  virtual Result<std::string> run(const std::vector<std::string>& words) = 0;
};
std::unique_ptr<Tools> host_tools();

/// The last line that says what is wrong, without the indent; "" when there is none.
std::string last_line(const std::string& text);

}  // namespace flintctl::lvm
