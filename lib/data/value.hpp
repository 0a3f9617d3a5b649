// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.hpp"

namespace flintctl::data {

class Value;
using Array = std::vector<Value>;

/// A JSON, YAML or TOML document as a value: null, bool, integer, double, string, array or object.
/// Objects keep the order in which keys came. The parsers below are the only way from text.
class Value {
 public:
  using Member = std::pair<std::string, Value>;

  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool value) : data_(value) {}
  Value(int value) : data_(static_cast<std::int64_t>(value)) {}
  Value(std::int64_t value) : data_(value) {}
  Value(std::uint64_t value) : data_(static_cast<std::int64_t>(value)) {}
  Value(unsigned value) : data_(static_cast<std::int64_t>(value)) {}
  Value(double value) : data_(value) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(std::string_view value) : data_(std::string(value)) {}
  Value(Array value) : data_(std::move(value)) {}

  /// An empty object, or one with members in this order.
  static Value object(std::initializer_list<Member> members = {});
  static Value array() { return Array(); }

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  [[nodiscard]] bool is_bool() const { return std::holds_alternative<bool>(data_); }
  [[nodiscard]] bool is_integer() const { return std::holds_alternative<std::int64_t>(data_); }
  [[nodiscard]] bool is_double() const { return std::holds_alternative<double>(data_); }
  [[nodiscard]] bool is_string() const { return std::holds_alternative<std::string>(data_); }
  [[nodiscard]] bool is_array() const { return std::holds_alternative<Array>(data_); }
  [[nodiscard]] bool is_object() const { return std::holds_alternative<Object>(data_); }

  /// The value as a type, or nothing when it is of another.
  [[nodiscard]] std::optional<bool> as_bool() const;
  [[nodiscard]] std::optional<std::int64_t> as_integer() const;
  [[nodiscard]] std::optional<double> as_double() const;
  [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&data_); }
  /// Elements; empty when it is not an array.
  [[nodiscard]] const Array& elements() const;
  /// Members in order; empty when it is not an object.
  [[nodiscard]] const std::vector<Member>& members() const;

  /// The member `key`, or nullptr when it is absent or this is not an object.
  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] Value* find(std::string_view key);
  /// The member's string, or `fallback` when it is absent or no string.
  [[nodiscard]] std::string string_or(std::string_view key, std::string_view fallback = {}) const;
  [[nodiscard]] std::int64_t integer_or(std::string_view key, std::int64_t fallback = 0) const;
  [[nodiscard]] bool bool_or(std::string_view key, bool fallback) const;

  /// Sets a member, replacing one of that key in place. Makes a null into an object.
  Value& set(std::string key, Value value);
  /// Appends a member whose key is known to be absent, without looking for it. Makes a null into an
  /// object.
  Value& add(std::string key, Value value);
  /// Appends an element. Makes a null into an array.
  Value& push(Value value);

  bool operator==(const Value& other) const;

 private:
  struct Object {
    std::vector<Member> members;
    bool operator==(const Object& other) const { return members == other.members; }
  };
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> data_;
};

/// invalid_argument with line and column on bad input; duplicate keys and documents nested deeper
/// than 64 are refused, and so are JSON of more than 2^20 values and YAML of more than 100,000.
Result<Value> parse_json(std::string_view text);
Result<Value> parse_yaml(std::string_view text);
Result<Value> parse_toml(std::string_view text);

/// JSON on one line, or indented by two spaces. Bytes that are not UTF-8 become U+FFFD.
enum class Layout { compact, indented };
std::string to_json(const Value& value, Layout layout = Layout::compact);
std::string to_yaml(const Value& value);
/// `value` must be an object; null members are left out.
std::string to_toml(const Value& value);

/// The nearest of `known` to `word` (edit distance at most 2, or a third of its length), or empty.
std::string nearest(std::string_view word, const std::vector<std::string_view>& known);

/// invalid_argument that names the first member of `value` not in `known`, and the nearest known
/// one.
Result<> refuse_unknown_keys(const Value& value, const std::vector<std::string_view>& known,
                             std::string_view where);

}  // namespace flintctl::data
