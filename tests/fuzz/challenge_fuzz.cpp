// SPDX-License-Identifier: Apache-2.0
#include "oci/challenge.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& challenge : flintctl::oci::parse_challenges(text)) {
    if (challenge.scheme.empty()) std::abort();
  }
  return 0;
}
