// SPDX-License-Identifier: Apache-2.0
#include "oci/credentials.hpp"

#include <cstdint>
#include <cstdlib>

// Any bytes as an auth file; and base64 in both directions.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flintctl::oci;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)find_auth(text, "r.io", "a/b");
  (void)base64_decode(text);
  const auto back = base64_decode(base64_encode(text));
  if (!back || *back != text) std::abort();
  return 0;
}
