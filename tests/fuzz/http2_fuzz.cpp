// SPDX-License-Identifier: Apache-2.0
// What a socket that should be containerd's sends, in one piece and in two.
#include "containerd/http2.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using flintctl::containerd::Http2Answers;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Http2Answers whole;
  Http2Answers halves;
  const bool taken = whole.take(bytes);
  const bool both = halves.take(bytes.substr(0, size / 2)) && halves.take(bytes.substr(size / 2));
  if (taken != both || whole.message(1) != halves.message(1) || whole.reply() != halves.reply()) {
    std::abort();
  }
  return 0;
}
