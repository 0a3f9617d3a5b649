// SPDX-License-Identifier: Apache-2.0
#include "vm/cmdline.hpp"

#include "support/catch.hpp"

namespace flintctl::vm {
namespace {

std::string merged(std::string_view defaults, std::string_view overrides) {
  return format_cmdline(merge_cmdline(*parse_cmdline(defaults), *parse_cmdline(overrides)));
}

TEST_CASE("a command line keeps order, quotes and what goes to init") {
  const auto cmdline = parse_cmdline("  console=ttyS0 a=\"b c\"\tquiet -- -v  x ");
  REQUIRE(cmdline);
  CHECK(format_cmdline(*cmdline) == "console=ttyS0 a=\"b c\" quiet -- -v  x ");
  CHECK((*cmdline)[1] == CmdlineEntry{"a", "\"b c\""});
}

TEST_CASE("a bad command line is refused") {
  CHECK(parse_cmdline("a=\"b").error().code() == Code::invalid_argument);
  CHECK(parse_cmdline("=b").error().code() == Code::invalid_argument);
  CHECK(parse_cmdline("a\x01").error().code() == Code::invalid_argument);
}

TEST_CASE("the user's words take the place of the defaults'") {
  CHECK(merged("console=ttyS0 panic=1 quiet", "panic=5 debug") ==
        "console=ttyS0 panic=5 quiet debug");
  CHECK(merged("console=ttyS0 panic=1 quiet", "-quiet -absent") == "console=ttyS0 panic=1");
  CHECK(merged("console=a x", "console=b console=c") == "console=b console=c x");
  CHECK(merged("a -- one", "b -- two") == "a b -- two");
}

TEST_CASE("the manifest's map of words") {
  auto value =
      data::parse_json(R"({"quiet": "", "panic": 1, "nokaslr": null, "console": ["a", "b"]})");
  REQUIRE(value);
  const auto cmdline = cmdline_from_value(*value);
  REQUIRE(cmdline);
  CHECK(format_cmdline(*cmdline) == "quiet panic=1 console=a console=b");
  CHECK((*cmdline)[2] == CmdlineEntry{"nokaslr", std::nullopt});
  CHECK(*cmdline_from_value(to_value(*cmdline)) == *cmdline);
  CHECK(!cmdline_from_value(*data::parse_json(R"({"a b": "x"})")));
  CHECK(!cmdline_from_value(*data::parse_json(R"({"a": "x y"})")));
}

}  // namespace
}  // namespace flintctl::vm
