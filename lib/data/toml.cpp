// SPDX-License-Identifier: Apache-2.0
// toml++ asserts, or with NDEBUG has the compiler assume, what a file can make false ("[/"). The
// code after each of them reports that as an error, so neither is wanted.
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "data/value.hpp"

namespace flintctl::data {
namespace {

Value from_library(const toml::node& node);

/// toml++ keeps tables sorted by key; the source positions give the order of the file back, which
/// hosts.toml needs.
std::vector<std::pair<std::string, const toml::node*>> in_file_order(const toml::table& table) {
  std::vector<std::pair<std::string, const toml::node*>> entries;
  for (const auto& [key, node] : table) entries.emplace_back(std::string(key.str()), &node);
  const auto position = [](const toml::node* node) { return node->source().begin; };
  std::stable_sort(entries.begin(), entries.end(), [&](const auto& left, const auto& right) {
    const auto a = position(left.second);
    const auto b = position(right.second);
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  });
  return entries;
}

Value from_library(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    Value object = Value::object();
    for (const auto& [key, member] : in_file_order(*table)) object.set(key, from_library(*member));
    return object;
  }
  if (const auto* elements = node.as_array()) {
    Value array = Value::array();
    for (const auto& element : *elements) array.push(from_library(element));
    return array;
  }
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* truth = node.as_boolean()) return truth->get();
  // Dates and times: nothing of ours has one; their text is better than nothing.
  std::ostringstream text;
  node.visit([&](const auto& held) {
    if constexpr (toml::is_value<decltype(held)>) text << held.get();
  });
  return text.str();
}

void insert(toml::table& table, const std::string& key, const Value& value);

toml::table to_library(const Value& object) {
  toml::table table;
  for (const auto& [key, member] : object.members()) insert(table, key, member);
  return table;
}

toml::array to_library_array(const Value& value) {
  toml::array array;
  for (const auto& element : value.elements()) {
    if (element.is_object()) {
      array.push_back(to_library(element));
    } else if (element.is_array()) {
      array.push_back(to_library_array(element));
    } else if (const auto* text = element.as_string()) {
      array.push_back(*text);
    } else if (element.is_integer()) {
      array.push_back(*element.as_integer());
    } else if (element.is_double()) {
      array.push_back(*element.as_double());
    } else if (element.is_bool()) {
      array.push_back(*element.as_bool());
    }
  }
  return array;
}

void insert(toml::table& table, const std::string& key, const Value& value) {
  if (value.is_object()) {
    table.insert_or_assign(key, to_library(value));
  } else if (value.is_array()) {
    table.insert_or_assign(key, to_library_array(value));
  } else if (const auto* text = value.as_string()) {
    table.insert_or_assign(key, *text);
  } else if (value.is_integer()) {
    table.insert_or_assign(key, *value.as_integer());
  } else if (value.is_double()) {
    table.insert_or_assign(key, *value.as_double());
  } else if (value.is_bool()) {
    table.insert_or_assign(key, *value.as_bool());
  }
}

}  // namespace

Result<Value> parse_toml(std::string_view text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const auto& where = parsed.error().source().begin;
    return Error(Code::invalid_argument,
                 fmt::format("invalid TOML at line {}, column {}: {}", where.line, where.column,
                             parsed.error().description()));
  }
  return from_library(parsed.table());
}

std::string to_toml(const Value& value) {
  std::ostringstream text;
  text << to_library(value) << '\n';
  return text.str();
}

}  // namespace flintctl::data
