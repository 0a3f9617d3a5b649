// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace flintctl::oci {

/// A content digest, "sha256:" and 64 lower-case hexadecimal digits; no other algorithm is taken,
/// because containerd's content store knows none. OCI image specification, descriptor.md#digests.
class Digest {
 public:
  /// invalid_argument for another algorithm, length or letter case.
  static Result<Digest> parse(std::string_view text);
  /// The digest of these bytes.
  static Digest of(std::string_view bytes);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string hex() const;  ///< without "sha256:"

  auto operator<=>(const Digest&) const = default;

 private:
  explicit Digest(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace flintctl::oci
