// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <new>

#include "core/result.hpp"

namespace flintctl::archive {

/// What `work`, which returns a Result, returns; an Error for what it throws, which would end the
/// process without a word where it left a thread. resource_exhausted when memory is at its limit.
template <typename Work>
auto guarded(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Error(Code::resource_exhausted, "extracting takes more memory than it may");
  } catch (const std::exception& failure) {
    return Error(Code::internal, failure.what());
  }
}

}  // namespace flintctl::archive
