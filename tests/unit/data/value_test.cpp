// SPDX-License-Identifier: Apache-2.0
#include "data/value.hpp"

#include <fmt/format.h>

#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::data;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("JSON survives a round trip with the order of its keys") {
  const std::string text = R"({"b":1,"a":[true,null,"x",1.5],"c":{"d":-7}})";
  const auto value = parse_json(text);
  REQUIRE(value);
  CHECK(to_json(*value) == text);
  CHECK(value->find("c")->integer_or("d") == -7);
  CHECK(value->find("a")->elements()[1].is_null());
}

TEST_CASE("hostile JSON is refused, not survived by luck") {
  CHECK_FALSE(parse_json(""));
  CHECK_FALSE(parse_json("{"));
  CHECK_FALSE(parse_json("{} x"));
  CHECK_FALSE(parse_json(R"({"a":1,"a":2})"));
  CHECK_FALSE(parse_json(std::string(100000, '[')));
  CHECK_FALSE(parse_json("18446744073709551615"));
  CHECK(parse_json("{").error().text().find("line 1") != std::string::npos);
}

TEST_CASE("documents of many keys are read and written as fast as they are long") {
  constexpr int count = 100000;
  std::string json = "{\"k0\":0";
  std::string toml;
  std::string yaml;
  for (int i = 1; i < count; ++i) json += fmt::format(",\"k{}\":{}", i, i);
  for (int i = 0; i < count; ++i) toml += fmt::format("k{} = {}\n", i, i);
  for (int i = 0; i + 1 < count; ++i) yaml += fmt::format("k{}: {}\n", i, i);  // one is the map's
  json += "}";
  const auto value = parse_json(json);
  REQUIRE(value);
  CHECK(value->members().size() == count);
  CHECK(value->integer_or("k99999") == 99999);
  CHECK(to_json(*value) == json);
  const auto from_toml = parse_toml(toml);
  REQUIRE(from_toml);
  CHECK(*from_toml == *value);
  const auto from_yaml = parse_yaml(yaml);
  REQUIRE(from_yaml);
  CHECK(from_yaml->members().size() == count - 1);
  json.back() = ',';
  CHECK(has(parse_json(json + "\"k50000\":1}").error().text(), "the key 'k50000' is there twice"));
}

TEST_CASE("a key that is there twice is named in one short line") {
  const std::string key = std::string(5000, 'x');
  const auto json = parse_json("{\"\\u001b[2J" + key + "\":1,\"\\u001b[2J" + key + "\":1}");
  REQUIRE_FALSE(json);
  CHECK(has(json.error().text(), "'?[2Jxxx"));
  CHECK(json.error().text().size() < 300);
  CHECK(parse_yaml(key + ": 1\n" + key + ": 1\n").error().text().size() < 300);
}

TEST_CASE("JSON of too many values is refused, however short they are") {
  std::string text = "[0";
  for (int i = 0; i < 1 << 20; ++i) text += ",0";
  const auto refused = parse_json(text + "]");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text() == "invalid JSON: it holds more than 1048576 values");
}

TEST_CASE("bytes that are not UTF-8 do not break output") {
  CHECK(to_json(Value("a\xff")) == "\"a\xEF\xBF\xBD\"");
}

TEST_CASE("YAML reads as the core schema says") {
  const auto value = parse_yaml("a: yes\nb: true\nc: 010\nd: '5'\ne: [1, 2.5]\nf:\n");
  REQUIRE(value);
  CHECK(value->string_or("a") == "yes");
  CHECK(value->bool_or("b", false));
  CHECK(value->integer_or("c") == 10);
  CHECK(value->string_or("d") == "5");
  CHECK(*value->find("e")->elements()[1].as_double() == 2.5);
  CHECK(value->find("f")->is_null());
}

TEST_CASE("YAML strings that look like something else are quoted") {
  const auto value =
      Value::object({{"a", "true"}, {"b", "5"}, {"c", "x y"}, {"d", Value::array()}});
  const auto back = parse_yaml(to_yaml(value));
  REQUIRE(back);
  CHECK(*back == value);
}

TEST_CASE("numbers in YAML are short, and read back as what they were") {
  const auto text = [](double number) { return to_yaml(Value(number)); };
  CHECK(text(0.17) == "0.17\n");
  CHECK(text(1) == "1.0\n");
  for (const double number : {0.17, 0.1 + 0.2, 1.0, -2.5, 1e300, 5e-324, 123456789.123, 0.0}) {
    const auto back = parse_yaml(text(number));
    REQUIRE(back);
    INFO(text(number));
    REQUIRE(back->is_double());
    CHECK(*back->as_double() == number);
  }
}

TEST_CASE("bad YAML names its place") {
  CHECK(parse_yaml("a: [1\nb: 2").error().text().find("line") != std::string::npos);
  CHECK_FALSE(parse_yaml("a: 1\na: 2"));
  CHECK_FALSE(parse_yaml("? [x]\n: 1"));
}

TEST_CASE("TOML keeps the order of the file") {
  const auto value = parse_toml("z = 1\n[b]\nx = 'y'\n[a]\nq = [1, 2]\n");
  REQUIRE(value);
  REQUIRE(value->members().size() == 3);
  CHECK(value->members()[0].first == "z");
  CHECK(value->members()[1].first == "b");
  CHECK(value->members()[2].first == "a");
  const auto again = parse_toml(to_toml(*value));
  REQUIRE(again);
  for (const auto& [key, member] : value->members()) {
    REQUIRE(again->find(key) != nullptr);
    CHECK(*again->find(key) == member);
  }
  CHECK(parse_toml("a = ").error().text().find("line 1") != std::string::npos);
}

TEST_CASE("the nearest known word") {
  const std::vector<std::string_view> known = {"list", "delete", "create"};
  CHECK(nearest("lst", known) == "list");
  CHECK(nearest("crate", known) == "create");
  CHECK(nearest("zzzzzz", known).empty());
  const auto refused =
      refuse_unknown_keys(Value::object({{"creat", 1}}), known, "the configuration");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().hint() == "did you mean 'create'?");
}

TEST_CASE("set replaces in place") {
  Value value = Value::object({{"a", 1}, {"b", 2}});
  value.set("a", "x").set("c", 3);
  CHECK(to_json(value) == R"({"a":"x","b":2,"c":3})");
}
