// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "data/value.hpp"

namespace flintctl::data {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t deepest = 64;
// A value takes twenty times the room of its text "0,", and some texts are a stranger's 16 MiB.
constexpr std::size_t most_values = 1U << 20U;

/// A key that an object has more than once, or nullptr. By sorting, as a stranger's keys can make a
/// hash table as slow as looking at each of them.
const std::string* repeated_key(const Value& object) {
  std::vector<const std::string*> keys;
  keys.reserve(object.members().size());
  for (const auto& [key, member] : object.members()) keys.push_back(&key);
  std::sort(keys.begin(), keys.end(), [](const auto* a, const auto* b) { return *a < *b; });
  const auto found = std::adjacent_find(keys.begin(), keys.end(),
                                        [](const auto* a, const auto* b) { return *a == *b; });
  return found == keys.end() ? nullptr : *found;
}

/// Builds a Value from the parser's events: no second tree, and a depth limit before recursion.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Value result;
  std::string failure;

  bool null() override { return put(Value()); }
  bool boolean(bool held) override { return put(held); }
  bool number_integer(std::int64_t held) override { return put(held); }
  bool number_unsigned(std::uint64_t held) override {
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (held > largest) return refuse("a number is too large");
    return put(static_cast<std::int64_t>(held));
  }
  bool number_float(double held, const std::string& /*text*/) override { return put(held); }
  bool string(std::string& held) override { return put(std::move(held)); }
  bool binary(Json::binary_t& /*held*/) override { return refuse("binary data"); }
  bool start_object(std::size_t /*elements*/) override { return open(Value::object()); }
  bool start_array(std::size_t /*elements*/) override { return open(Value::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    open_.back().key = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const Json::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …": only the tail matters.
    std::string text = error.what();
    // What was last read may be a secret: auth files are JSON, and errors are printed.
    if (const auto quote = text.find("; last read: '"); quote != std::string::npos) {
      text.erase(quote, text.rfind('\'') + 1 - quote);
    }
    const auto start = text.find("] ");
    return refuse(start == std::string::npos ? fmt::format("syntax error at byte {}", position)
                                             : text.substr(start + 2));
  }

 private:
  struct Level {
    Value value;
    std::string key;
  };

  bool refuse(std::string why) {
    if (failure.empty()) failure = std::move(why);
    return false;
  }
  bool put(Value value) {
    if (++values_ > most_values) {
      return refuse(fmt::format("it holds more than {} values", most_values));
    }
    if (open_.empty()) {
      result = std::move(value);
    } else if (open_.back().value.is_array()) {
      open_.back().value.push(std::move(value));
    } else {
      open_.back().value.add(std::move(open_.back().key), std::move(value));
    }
    return true;
  }
  bool open(Value value) {
    if (open_.size() == deepest) return refuse("it is nested too deeply");
    open_.push_back({std::move(value), {}});
    return true;
  }
  bool close() {
    Value value = std::move(open_.back().value);
    open_.pop_back();
    if (const auto* key = repeated_key(value)) {
      return refuse(fmt::format("the key '{}' is there twice", printable(*key)));
    }
    return put(std::move(value));
  }

  std::vector<Level> open_;
  std::size_t values_ = 0;
};

Json to_library(const Value& value) {
  if (value.is_object()) {
    Json object = Json::object();
    auto& members = object.get_ref<Json::object_t&>();
    members.reserve(value.members().size());
    // Its own ways to add a member look at all others first.
    for (const auto& [key, member] : value.members()) members.push_back({key, to_library(member)});
    return object;
  }
  if (value.is_array()) {
    Json array = Json::array();
    for (const auto& element : value.elements()) array.push_back(to_library(element));
    return array;
  }
  if (const auto* text = value.as_string()) return *text;
  if (value.is_integer()) return *value.as_integer();
  if (value.is_double()) return *value.as_double();
  if (value.is_bool()) return *value.as_bool();
  return nullptr;
}

}  // namespace

Result<Value> parse_json(std::string_view text) {
  Builder builder;
  if (!Json::sax_parse(text, &builder)) {
    return Error(Code::invalid_argument, "invalid JSON: " + builder.failure);
  }
  return std::move(builder.result);
}

std::string to_json(const Value& value, Layout layout) {
  return to_library(value).dump(layout == Layout::indented ? 2 : -1, ' ', false,
                                Json::error_handler_t::replace);
}

}  // namespace flintctl::data
