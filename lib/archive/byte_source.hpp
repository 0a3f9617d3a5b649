// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/result.hpp"

namespace flintctl::archive {

/// A stream of bytes that hands out its own buffers, so that what is only passed on is never
/// copied.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// The next piece, valid until the next call; empty at the end of the stream and ever after.
  virtual Result<std::string_view> next() = 0;
};

}  // namespace flintctl::archive
