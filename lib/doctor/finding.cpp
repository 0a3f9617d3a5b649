// SPDX-License-Identifier: Apache-2.0
#include "doctor/finding.hpp"

#include <algorithm>

namespace flintctl::doctor {

std::string_view to_string(Severity severity) {
  if (severity == Severity::ok) return "ok";
  return severity == Severity::warning ? "warning" : "error";
}

Severity worst(const Findings& findings) {
  Severity gravest = Severity::ok;
  for (const Finding& finding : findings) gravest = std::max(gravest, finding.severity);
  return gravest;
}

}  // namespace flintctl::doctor
