// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "output/format.hpp"
#include "support/catch.hpp"
#include "tree.hpp"

using namespace flintctl;

namespace {

/// The words of each flintctl in a shell's line, quotes taken off; what shells do besides
/// (redirections, other programs) is left out.
std::vector<std::vector<std::string>> commands_of(const std::string& line) {
  std::vector<std::vector<std::string>> commands;
  std::string word;
  bool quoted = false;
  bool inside = false;
  const auto end_word = [&] {
    if (word == "flintctl") {
      commands.emplace_back();
      inside = true;
    }
    if (inside && !word.empty()) commands.back().push_back(word);
    word.clear();
  };
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (!quoted && (c == ' ' || c == '<' || c == '|' || c == '(' || c == ')')) {
      end_word();
      if (c != ' ') inside = false;
    } else if (quoted || c != '"') {
      word += c;
    }
  }
  end_word();
  return commands;
}

struct Tool {
  std::ostringstream out;
  std::ostringstream err;
  output::Streams streams{out, err};
  cmd::GlobalOptions options;
  cmd::Host host{streams, options};
  cli::Command root{"flintctl", "The real tree"};
  int status = 0;

  Tool() {
    cmd::add_global_flags(root, options, streams);
    cmd::add_commands(root, host, status);
  }
};

}  // namespace

TEST_CASE("lines of a shell are read as it reads them") {
  using Words = std::vector<std::string>;
  CHECK(commands_of("flintctl a --b 'c d' < e | ssh f flintctl g -").at(0) ==
        Words{"flintctl", "a", "--b", "c d"});
  CHECK(commands_of("flintctl a | ssh f flintctl g -").at(1) == Words{"flintctl", "g", "-"});
  CHECK(commands_of("source <(flintctl a b)").at(0) == Words{"flintctl", "a", "b"});
  CHECK(commands_of("eval \"$(flintctl a b)\"").at(0) == Words{"flintctl", "a", "b"});
}

TEST_CASE("every example of the help is a command line that is accepted") {
  const auto lines = cli::examples(Tool().root);
  REQUIRE(lines.size() > 50);
  for (const auto& line : lines) {
    INFO(line);
    const auto commands = commands_of(line);
    CHECK_FALSE(commands.empty());
    for (const auto& words : commands) {
      Tool tool;
      std::vector<const char*> argv;
      for (const auto& word : words) argv.push_back(word.c_str());
      const auto accepted = cli::accept(tool.root, static_cast<int>(argv.size()), argv.data());
      INFO((accepted ? "" : accepted.error().text()));
      CHECK(accepted);
      CHECK(tool.host.format());
    }
  }
}

TEST_CASE("every example of vm create names what a VM cannot do without") {
  for (const auto& line : cli::examples(Tool().root)) {
    if (line.find("vm create ") == std::string::npos || line.find("help") != std::string::npos) {
      continue;
    }
    INFO(line);
    CHECK(line.find(" --image ") != std::string::npos);
    CHECK(line.find(" --kernel ") != std::string::npos);
  }
}

TEST_CASE("help is given for any command") {
  Tool tool;
  const char* const argv[] = {"flintctl", "help", "vm", "create"};
  CHECK(cli::run(tool.root, 4, argv, tool.streams) == 0);
  CHECK(tool.out.str().find("flintctl vm create NAME") != std::string::npos);
}

TEST_CASE("the version is asked as a flag too") {
  Tool tool;
  const char* const argv[] = {"flintctl", "--version"};
  CHECK(cli::run(tool.root, 2, argv, tool.streams) == 0);
  CHECK(tool.out.str().starts_with("flintctl "));
}
