// SPDX-License-Identifier: Apache-2.0
#include "outcome.hpp"

#include <sstream>

#include "data/value.hpp"
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

/// "gone" is not there, "held" cannot be removed, "absent" was never there.
Result<bool> remove_one(const cmd::Subject& subject) {
  if (subject.name == "held") {
    return Error(Code::aborted, "somebody holds it").with_hint("wait");
  }
  if (subject.name == "absent") return Error(Code::not_found, "no such thing");
  if (subject.name == "late") return Error(Code::cancelled, "interrupted");
  return subject.name != "gone";
}

const cmd::Changes removals{cmd::vm_kind, "deleted", remove_one};

}  // namespace

TEST_CASE("all names are tried, and the first failure chooses the status") {
  Screen screen;
  CHECK(cmd::change_each(screen.host, {{"a"}, {"gone"}}, removals));
  CHECK(screen.out.str() == "vm/a deleted\nvm/gone unchanged\n");
  screen.out.str("");
  const auto failed = cmd::change_each(screen.host, {{"a"}, {"held"}, {"absent"}, {"b"}}, removals);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code() == Code::aborted);
  CHECK(failed.error().text().empty());
  CHECK(screen.out.str() == "vm/a deleted\nvm/b deleted\n");
  CHECK(screen.err.str() == "error: somebody holds it\nhint: wait\nerror: no such thing\n");
}

TEST_CASE("one name's failure is the command's") {
  Screen screen;
  const auto failed = cmd::change_each(screen.host, {{"held"}}, removals);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().text() == "somebody holds it");
  CHECK(screen.err.str().empty());
}

TEST_CASE("an interrupt ends what is done to several") {
  Screen screen;
  const auto ended = cmd::change_each(screen.host, {{"a"}, {"late"}, {"b"}}, removals);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code() == Code::cancelled);
  CHECK(screen.out.str() == "vm/a deleted\n");
}

TEST_CASE("several outcomes are one JSON document, whatever fails") {
  Screen screen;
  screen.options.output = "json";
  CHECK_FALSE(cmd::change_each(screen.host, {{"a", "prod"}, {"held"}, {"gone"}}, removals));
  const auto list = data::parse_json(screen.out.str());
  REQUIRE(list);
  CHECK(list->string_or("kind") == "List");
  const auto& items = list->find("items")->elements();
  REQUIRE(items.size() == 2);
  CHECK(items[0].string_or("result") == "deleted");
  CHECK(items[0].find("metadata")->string_or("namespace") == "prod");
  CHECK(items[1].string_or("result") == "unchanged");
}

TEST_CASE("what was selected is a list, also of one or none") {
  Screen screen;
  screen.options.output = "json";
  auto selected = removals;
  selected.form = cmd::Changes::Form::list;
  const std::vector<cmd::Subject> subjects =
      GENERATE(std::vector<cmd::Subject>{}, std::vector<cmd::Subject>{{"a"}});
  CHECK(cmd::change_each(screen.host, subjects, selected));
  const auto list = data::parse_json(screen.out.str());
  REQUIRE(list);
  CHECK(list->find("items")->elements().size() == subjects.size());
}

TEST_CASE("a namespace that -n does not name is part of the name") {
  Screen screen;
  screen.options.vm_namespace = "prod";
  CHECK(cmd::change_each(screen.host, {{"a", "prod"}, {"b", "dev"}, {"c", "default"}}, removals));
  CHECK(screen.out.str() == "vm/a deleted\nvm/dev/b deleted\nvm/default/c deleted\n");
}

TEST_CASE("outcomes are printed as every format has them") {
  Screen screen;
  screen.options.output = GENERATE("name", "json");
  REQUIRE(cmd::print_outcome(screen.host, cmd::image_kind, {"r.io/os:1"}, "removed"));
  const auto text = screen.out.str();
  if (screen.options.output == "name") {
    CHECK(text == "image/r.io/os:1\n");
  } else {
    CHECK(text.find("\"kind\": \"Image\"") != std::string::npos);
    CHECK(text.find("\"namespace\"") == std::string::npos);
    CHECK(text.find("\"result\": \"removed\"") != std::string::npos);
  }
}
