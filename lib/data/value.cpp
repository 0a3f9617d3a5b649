// SPDX-License-Identifier: Apache-2.0
#include "data/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace flintctl::data {
namespace {

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

Value Value::object(std::initializer_list<Member> members) {
  Value value;
  value.data_ = Object{std::vector<Member>(members)};
  return value;
}

std::optional<bool> Value::as_bool() const {
  const bool* held = std::get_if<bool>(&data_);
  return held != nullptr ? std::optional(*held) : std::nullopt;
}

std::optional<std::int64_t> Value::as_integer() const {
  const auto* held = std::get_if<std::int64_t>(&data_);
  return held != nullptr ? std::optional(*held) : std::nullopt;
}

std::optional<double> Value::as_double() const {
  if (const auto* held = std::get_if<double>(&data_)) return *held;
  if (const auto* held = std::get_if<std::int64_t>(&data_)) return static_cast<double>(*held);
  return std::nullopt;
}

const Array& Value::elements() const {
  static const Array none;
  const auto* held = std::get_if<Array>(&data_);
  return held != nullptr ? *held : none;
}

const std::vector<Value::Member>& Value::members() const {
  static const std::vector<Member> none;
  const auto* held = std::get_if<Object>(&data_);
  return held != nullptr ? held->members : none;
}

const Value* Value::find(std::string_view key) const {
  for (const auto& [name, value] : members()) {
    if (name == key) return &value;
  }
  return nullptr;
}

Value* Value::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

std::string Value::string_or(std::string_view key, std::string_view fallback) const {
  const Value* member = find(key);
  const std::string* text = member != nullptr ? member->as_string() : nullptr;
  return text != nullptr ? *text : std::string(fallback);
}

std::int64_t Value::integer_or(std::string_view key, std::int64_t fallback) const {
  const Value* member = find(key);
  return member != nullptr ? member->as_integer().value_or(fallback) : fallback;
}

bool Value::bool_or(std::string_view key, bool fallback) const {
  const Value* member = find(key);
  return member != nullptr ? member->as_bool().value_or(fallback) : fallback;
}

Value& Value::set(std::string key, Value value) {
  if (Value* present = find(key)) {
    *present = std::move(value);
    return *this;
  }
  return add(std::move(key), std::move(value));
}

Value& Value::add(std::string key, Value value) {
  if (!is_object()) data_ = Object{};
  std::get<Object>(data_).members.emplace_back(std::move(key), std::move(value));
  return *this;
}

Value& Value::push(Value value) {
  if (!is_array()) data_ = Array{};
  std::get<Array>(data_).push_back(std::move(value));
  return *this;
}

bool Value::operator==(const Value& other) const { return data_ == other.data_; }

std::string nearest(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    // A word shares at least one letter with what it was meant to be.
    if (distance < best_distance && distance < std::max(word.size(), candidate.size())) {
      best = candidate;
      best_distance = distance;
    }
  }
  return std::string(best);
}

Result<> refuse_unknown_keys(const Value& value, const std::vector<std::string_view>& known,
                             std::string_view where) {
  for (const auto& [key, member] : value.members()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    Error error(Code::invalid_argument, fmt::format("unknown key '{}' in {}", key, where));
    const std::string near = nearest(key, known);
    if (!near.empty()) return std::move(error).with_hint(fmt::format("did you mean '{}'?", near));
    return std::move(error).with_hint(fmt::format("known keys: {}", fmt::join(known, ", ")));
  }
  return {};
}

}  // namespace flintctl::data
