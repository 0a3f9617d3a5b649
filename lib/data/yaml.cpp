// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <set>

#include "core/text.hpp"
#include "data/value.hpp"

namespace flintctl::data {
namespace {

constexpr std::size_t deepest = 64;
// Aliases can make a small document expand without end; a manifest has a few hundred nodes.
constexpr std::size_t most_nodes = 100000;

Error invalid(const YAML::Mark& mark, std::string_view why) {
  if (mark.is_null()) return Error(Code::invalid_argument, fmt::format("invalid YAML: {}", why));
  return Error(Code::invalid_argument, fmt::format("invalid YAML at line {}, column {}: {}",
                                                   mark.line + 1, mark.column + 1, why));
}

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A plain (unquoted) scalar by YAML 1.2's core schema: "yes" and "on" are strings.
Value plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return {};
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (const auto integer = whole_number<std::int64_t>(text)) return *integer;
  const bool digit = text.find_first_of("0123456789") != std::string::npos;
  if (digit && text.find_first_not_of("0123456789.eE+-") == std::string::npos) {
    if (const auto real = whole_number<double>(text)) return *real;
  }
  return text;
}

Result<Value> convert(const YAML::Node& node, std::size_t depth, std::size_t& nodes) {
  if (depth > deepest) return invalid(node.Mark(), "it is nested too deeply");
  if (++nodes > most_nodes) return invalid(node.Mark(), "it is too large");
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return node.Tag() == "!" ? Value(node.Scalar()) : plain_scalar(node.Scalar());
    case YAML::NodeType::Sequence: {
      Value array = Value::array();
      for (const auto& element : node) array.push(TRY(convert(element, depth + 1, nodes)));
      return array;
    }
    case YAML::NodeType::Map: {
      Value object = Value::object();
      std::set<std::string> keys;
      for (const auto& pair : node) {
        if (!pair.first.IsScalar()) return invalid(pair.first.Mark(), "a key must be a word");
        const std::string key = pair.first.Scalar();
        if (!keys.insert(key).second) {
          return invalid(pair.first.Mark(),
                         fmt::format("the key '{}' is there twice", printable(key)));
        }
        object.add(key, TRY(convert(pair.second, depth + 1, nodes)));
      }
      return object;
    }
    default:
      return Value();
  }
}

/// True when a plain scalar of this text would be read back as something else than this string.
bool needs_quotes(const std::string& text) {
  return !plain_scalar(text).is_string() || text.find_first_of("\n\"'") != std::string::npos;
}

/// The shortest text that reads back as the same double, and as one: "1.0", not "1".
std::string real_text(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value < 0 ? "-.inf" : ".inf";
  return fmt::format("{:#}", value);
}

void emit(YAML::Emitter& out, const Value& value) {
  if (value.is_object()) {
    if (value.members().empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [key, member] : value.members()) {
      out << YAML::Key << key << YAML::Value;
      emit(out, member);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    if (value.elements().empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const auto& element : value.elements()) emit(out, element);
    out << YAML::EndSeq;
  } else if (const auto* text = value.as_string()) {
    if (needs_quotes(*text)) out << YAML::DoubleQuoted;
    out << *text;
  } else if (value.is_bool()) {
    out << *value.as_bool();
  } else if (value.is_integer()) {
    out << *value.as_integer();
  } else if (value.is_double()) {
    out << real_text(*value.as_double());
  } else {
    out << YAML::Null;
  }
}

}  // namespace

Result<Value> parse_yaml(std::string_view text) {
  try {
    std::size_t nodes = 0;
    return convert(YAML::Load(std::string(text)), 0, nodes);
  } catch (const YAML::Exception& error) {
    return invalid(error.mark, error.msg);
  }
}

std::string to_yaml(const Value& value) {
  YAML::Emitter out;
  emit(out, value);
  return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace flintctl::data
