// SPDX-License-Identifier: Apache-2.0
#include "vm/selector.hpp"

#include "support/catch.hpp"

namespace flintctl::vm {
namespace {

bool selects(const char* text, const Labels& labels) {
  const auto selector = Selector::parse(text);
  INFO(text);
  REQUIRE(selector);
  return selector->matches(labels);
}

TEST_CASE("labels select as kubectl's -l does") {
  const Labels web{{"app", "web"}, {"example.com/tier", "front"}, {"empty", ""}};
  for (const char* text : {"", "app=web", "app==web", "app = web", "app!=db", "app", "!gpu",
                           "gpu!=1", "empty=", "app=web,example.com/tier=front", "app in (db, web)",
                           "app notin (db)", "gpu notin (1,2)", "app in (web),!gpu", "app,empty"}) {
    CHECK(selects(text, web));
  }
  for (const char* text : {"app=db", "app!=web", "gpu", "!app", "gpu=1", "app=web,gpu",
                           "app in (db,x)", "app notin (web)", "app=", "gpu in (1)"}) {
    CHECK_FALSE(selects(text, web));
  }
}

TEST_CASE("a selector that is not understood selects nothing by mistake") {
  for (const char* text :
       {",", "app=web,", "=web", "!", "app web", "app in", "app in web", "app in (web", "(app)",
        "app within (web)", "a b=c", "!app=web", "-app"}) {
    INFO(text);
    const auto selector = Selector::parse(text);
    REQUIRE(!selector);
    CHECK(selector.error().code() == Code::invalid_argument);
    CHECK(!selector.error().hint().empty());
  }
}

}  // namespace
}  // namespace flintctl::vm
