// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/value.hpp"
#include "vm/spec.hpp"

namespace flintctl::vm {

/// Typed reads from one object of a manifest or record. Absent and null members give the fallback,
/// members of another type invalid_argument with their path.
class Fields {
 public:
  /// `where` is the object's path, "spec.kernel". Null counts as an empty object.
  static Result<Fields> of(const data::Value& value, std::string where,
                           const std::vector<std::string_view>& known, UnknownKeys unknown);

  /// The member, or null.
  [[nodiscard]] const data::Value& at(std::string_view key) const;
  [[nodiscard]] std::string path(std::string_view key) const;

  Result<std::string> text(std::string_view key, std::string_view fallback = {}) const;
  Result<std::int64_t> integer(std::string_view key, std::int64_t fallback = 0) const;
  Result<bool> boolean(std::string_view key, bool fallback) const;
  /// A number of bytes, or a text such as "512Mi".
  Result<std::uint64_t> size(std::string_view key, std::uint64_t fallback) const;
  Result<std::vector<std::string>> texts(std::string_view key) const;
  Result<Labels> labels(std::string_view key) const;
  /// Elements of an array member; empty when it is absent.
  Result<std::vector<data::Value>> list(std::string_view key) const;

 private:
  Fields(const data::Value& value, std::string where) : value_(value), where_(std::move(where)) {}
  [[nodiscard]] Error wrong_type(std::string_view key, std::string_view wanted) const;

  const data::Value& value_;
  std::string where_;
};

}  // namespace flintctl::vm
