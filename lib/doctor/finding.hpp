// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flintctl::doctor {

enum class Severity {
  ok,
  warning,  ///< VMs run, though not all, not well, or not for long
  error,    ///< VMs cannot run
};
/// "ok", "warning", "error".
std::string_view to_string(Severity severity);

/// What one check found.
struct Finding {
  std::string check;  ///< "kvm", "module/tun", "leftover/tap"
  Severity severity = Severity::ok;
  std::string message;  ///< what was found, in a few words
  std::string breaks;   ///< what does not work because of it; empty when it is ok
  std::string fix;      ///< the command that mends it, as it is typed
};
using Findings = std::vector<Finding>;

/// The gravest of all; ok for none.
Severity worst(const Findings& findings);

}  // namespace flintctl::doctor
