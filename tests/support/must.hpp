// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "core/result.hpp"
#include "support/catch.hpp"

namespace flintctl::testing {

/// The value of a result that a test cannot go on without; fails with its error's text.
template <typename T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().text());
  return *std::move(result);
}

inline void must(const Result<>& result) {
  if (!result) FAIL(result.error().text());
}

}  // namespace flintctl::testing
