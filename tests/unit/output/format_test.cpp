// SPDX-License-Identifier: Apache-2.0
#include "output/format.hpp"

#include <sstream>

#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::output;

TEST_CASE("tables align, hide wide columns and leave no trailing blanks") {
  Table table({{"NAME"}, {"NODE", true}, {"AGE"}});
  table.add({"web", "n1", "5s"});
  table.add({"a-longer-one", "", ""});
  std::ostringstream narrow;
  table.print(narrow, Kind::table);
  CHECK(narrow.str() ==
        "NAME           AGE\n"
        "web            5s\n"
        "a-longer-one   <none>\n");
  std::ostringstream wide;
  table.print(wide, Kind::wide, Table::Titles::hide);
  CHECK(wide.str() ==
        "web            n1       5s\n"
        "a-longer-one   <none>   <none>\n");
}

TEST_CASE("a cell cannot move a terminal's cursor, nor fill its screen") {
  Table table({{"PLATFORM"}});
  table.add({"linux\x1b[1A/a\nb"});
  table.add({std::string(5000, 'x')});
  std::ostringstream out;
  table.print(out, Kind::table);
  CHECK(out.str().starts_with("PLATFORM\nlinux?[1A/a b\nxxx"));
  CHECK(out.str().size() < 1100);
}

TEST_CASE("formats parse and the nearest is named") {
  CHECK(parse_format("json")->kind == Kind::json);
  CHECK(parse_format("jsonpath={.a}")->path == "{.a}");
  CHECK(parse_format("jsonpath={.a[}").error().code() == Code::invalid_argument);
  CHECK(parse_format("jsonpath=a").error().code() == Code::invalid_argument);
  CHECK(parse_format("jsn").error().hint() == "did you mean 'json'?");
}

TEST_CASE("jsonpath walks keys and indexes") {
  const auto value = *data::parse_json(R"({"a":{"b":[{"c":"x"},7]},"k.l":"dot"})");
  const auto at = [&](const char* path) {
    std::ostringstream out;
    const auto printed = print_value(out, Format{Kind::jsonpath, path}, value);
    return printed ? out.str() : "error: " + printed.error().text();
  };
  CHECK(at("{.a.b[0].c}") == "x\n");
  CHECK(at(".a.b[1]") == "7\n");
  CHECK(at("{.a.b[0]}") == "{\"c\":\"x\"}\n");
  CHECK(at("{.k\\.l}") == "dot\n");
  CHECK(at("{.a.z}") == "error: nothing at jsonpath {.a.z}");
  CHECK(at("{.a[x]}").find("a number or '*'") != std::string::npos);
  CHECK(at("{.a[0}").find("a number or '*'") != std::string::npos);
}

TEST_CASE("jsonpath goes over all elements as kubectl does") {
  const auto list = *data::parse_json(
      R"({"items":[{"n":"a","by":["x","y"]},{"n":"b"},{"by":[]}],"none":[],"map":{"k":1,"l":2}})");
  const auto at = [&](const char* path) {
    std::ostringstream out;
    const auto printed = print_value(out, Format{Kind::jsonpath, path}, list);
    return printed ? out.str() : "error: " + printed.error().text();
  };
  CHECK(at("{.items[*].n}") == "a b\n");
  CHECK(at("{.items[*].by}") == "[\"x\",\"y\"] []\n");
  CHECK(at("{.items[*].by[*]}") == "x y\n");
  CHECK(at("{.map[*]}") == "1 2\n");
  CHECK(at("{.none[*].n}").empty());
}
