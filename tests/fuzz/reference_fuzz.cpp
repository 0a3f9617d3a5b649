// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.hpp"

#include <cstdint>
#include <cstdlib>

// A reference that is understood is understood the same way in its normal form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using flintctl::oci::Reference;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto reference = Reference::parse(text);
  if (!reference) return 0;
  const auto again = Reference::parse(reference->name());
  if (!again || !(*again == *reference)) std::abort();
  return 0;
}
