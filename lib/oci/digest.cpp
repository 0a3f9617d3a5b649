// SPDX-License-Identifier: Apache-2.0
#include "oci/digest.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "sys/sha256.hpp"

namespace flintctl::oci {
namespace {
constexpr std::string_view prefix = "sha256:";
}

Result<Digest> Digest::parse(std::string_view text) {
  const bool well_formed =
      text.starts_with(prefix) && text.size() == prefix.size() + 64 &&
      text.find_first_not_of("0123456789abcdef", prefix.size()) == std::string_view::npos;
  if (!well_formed) {
    return Error(Code::invalid_argument, fmt::format("'{}' is no digest", printable(text, 100)))
        .with_hint("a digest is 'sha256:' and 64 lower-case hexadecimal digits");
  }
  return Digest(std::string(text));
}

Digest Digest::of(std::string_view bytes) {
  return Digest(std::string(prefix) + sys::sha256_hex(bytes));
}

std::string Digest::hex() const { return text_.substr(prefix.size()); }

}  // namespace flintctl::oci
