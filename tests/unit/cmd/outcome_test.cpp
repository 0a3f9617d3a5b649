// SPDX-License-Identifier: Apache-2.0
#include "outcome.hpp"

#include <sstream>

#include "support/catch.hpp"

using namespace flintctl;

namespace {

struct Screen {
  std::ostringstream out;
  std::ostringstream err;
  output::Streams streams{out, err};
  cmd::GlobalOptions options;
  cmd::Host host{streams, options};
};

/// "gone" is not there, "held" cannot be removed.
Result<bool> remove_one(const std::string& name) {
  if (name == "held") return Error(Code::aborted, "somebody holds it");
  return name != "gone";
}

}  // namespace

TEST_CASE("names are removed in turn, and the first failure ends it") {
  Screen screen;
  const cmd::Changes removals{cmd::vm_kind, "deleted", remove_one};
  CHECK(cmd::change_each(screen.host, {"a", "gone"}, removals));
  CHECK(screen.out.str() == "vm/a deleted\nvm/gone unchanged\n");
  screen.out.str("");
  const auto failed = cmd::change_each(screen.host, {"a", "held", "b"}, removals);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code() == Code::aborted);
  CHECK(screen.out.str() == "vm/a deleted\n");
}

TEST_CASE("outcomes are printed as every format has them") {
  Screen screen;
  screen.options.output = GENERATE("name", "json");
  REQUIRE(cmd::print_outcome(screen.host, cmd::image_kind, "r.io/os:1", "removed"));
  const auto text = screen.out.str();
  if (screen.options.output == "name") {
    CHECK(text == "image/r.io/os:1\n");
  } else {
    CHECK(text.find("\"kind\": \"Image\"") != std::string::npos);
    CHECK(text.find("\"result\": \"removed\"") != std::string::npos);
  }
}
