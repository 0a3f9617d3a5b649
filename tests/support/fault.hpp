// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace flintctl::testing {

/// Fails the n-th call that asks, once. Shared by the fakes of one test, so that n counts over all
/// of them; records every call by name.
struct Fault {
  int fail_at = 0;  ///< 1 is the first call; 0 never
  Code code = Code::unknown;
  std::vector<std::string> calls;
  bool struck = false;

  Result<> call(std::string name) {
    calls.push_back(std::move(name));
    if (static_cast<int>(calls.size()) != fail_at) return {};
    struck = true;
    return Error(code, "injected failure of " + calls.back());
  }
};

}  // namespace flintctl::testing
