// SPDX-License-Identifier: Apache-2.0
#include "vm/fields.hpp"

#include <fmt/format.h>

#include "core/units.hpp"

namespace flintctl::vm {
namespace {

const data::Value null_value;

}  // namespace

Result<Fields> Fields::of(const data::Value& value, std::string where,
                          const std::vector<std::string_view>& known, UnknownKeys unknown) {
  if (!value.is_object() && !value.is_null()) {
    return Error(Code::invalid_argument, fmt::format("{} is not an object", where));
  }
  if (unknown == UnknownKeys::refuse) TRY(data::refuse_unknown_keys(value, known, where));
  return Fields(value, std::move(where));
}

const data::Value& Fields::at(std::string_view key) const {
  const auto* member = value_.find(key);
  return member == nullptr ? null_value : *member;
}

std::string Fields::path(std::string_view key) const { return fmt::format("{}.{}", where_, key); }

Error Fields::wrong_type(std::string_view key, std::string_view wanted) const {
  return {Code::invalid_argument, fmt::format("{} is not {}", path(key), wanted)};
}

Result<std::string> Fields::text(std::string_view key, std::string_view fallback) const {
  const auto& member = at(key);
  if (member.is_null()) return std::string(fallback);
  if (const auto* text = member.as_string()) return *text;
  return wrong_type(key, "a text");
}

Result<std::int64_t> Fields::integer(std::string_view key, std::int64_t fallback) const {
  const auto& member = at(key);
  if (member.is_null()) return fallback;
  if (const auto number = member.as_integer(); number && member.is_integer()) return *number;
  return wrong_type(key, "a whole number");
}

Result<bool> Fields::boolean(std::string_view key, bool fallback) const {
  const auto& member = at(key);
  if (member.is_null()) return fallback;
  if (const auto value = member.as_bool()) return *value;
  return wrong_type(key, "true or false");
}

Result<std::uint64_t> Fields::size(std::string_view key, std::uint64_t fallback) const {
  const auto& member = at(key);
  if (member.is_null()) return fallback;
  if (const auto* text = member.as_string()) return parse_size(*text).context(path(key));
  const auto number = member.as_integer();
  if (!member.is_integer() || *number < 0) return wrong_type(key, "a size");
  return static_cast<std::uint64_t>(*number);
}

Result<std::vector<std::string>> Fields::texts(std::string_view key) const {
  std::vector<std::string> texts;
  for (const auto& element : TRY(list(key))) {
    const auto* text = element.as_string();
    if (text == nullptr) return wrong_type(key, "a list of texts");
    texts.push_back(*text);
  }
  return texts;
}

Result<Labels> Fields::labels(std::string_view key) const {
  const auto& member = at(key);
  if (!member.is_null() && !member.is_object()) return wrong_type(key, "a map of texts");
  Labels labels;
  for (const auto& [name, value] : member.members()) {
    const auto* text = value.as_string();
    if (text == nullptr) return wrong_type(fmt::format("{}.{}", key, name), "a text");
    labels.emplace(name, *text);
  }
  return labels;
}

Result<std::vector<data::Value>> Fields::list(std::string_view key) const {
  const auto& member = at(key);
  if (member.is_null()) return std::vector<data::Value>{};
  if (!member.is_array()) return wrong_type(key, "a list");
  return member.elements();
}

}  // namespace flintctl::vm
