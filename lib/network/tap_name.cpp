// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "network/driver.hpp"

namespace flintctl::network {

std::string tap_name(std::string_view uid, unsigned index) {
  // FNV-1a: spreads uids that differ in any digit over the 32 bits that the name has room for.
  std::uint32_t hash = 2166136261U;
  for (const char c : fmt::format("{}/{}", uid, index)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  return fmt::format("{}{:08x}", tap_prefix, hash);
}

bool is_tap_name(std::string_view name) {
  if (!name.starts_with(tap_prefix) || name.size() != tap_prefix.size() + 8) return false;
  const auto digits = name.substr(tap_prefix.size());
  return digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace flintctl::network
