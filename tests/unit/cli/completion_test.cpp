// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include "support/catch.hpp"
#include "sys/process.hpp"

using namespace flintctl;

namespace {

cli::Outline tree() {
  return {"tool",
          "Does things",
          {"--help"},
          {{"vm",
            "Virtual machines",
            {"--help"},
            {{"create",
              "Create one",
              {"--help", "--memory", "--wait"},
              {},
              {},
              {{"--wait", {"none", "booted"}}}},
             {"list", "List them", {"--help"}, {}, {"ls"}}},
            {"vms"}},
           {"version", "Print it", {"--help"}, {}}},
          {},
          {{"-o", {"json", "yaml"}}}};
}

/// What bash would offer after `line`, whose last word is being typed.
std::string offered(const std::string& line, const std::string& words) {
  const std::string script =
      cli::bash_completion(tree()) + "COMP_WORDS=(" + words +
      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _tool; echo ${COMPREPLY[@]}\n";
  INFO(line);
  const auto output = sys::run({"/bin/bash", "-s"}, script);
  REQUIRE(output);
  CHECK(output->err.empty());
  return output->out;
}

}  // namespace

TEST_CASE("bash is offered commands, then the flags of the command chosen") {
  CHECK(offered("tool <tab>", "tool ''") == "vm version\n");
  CHECK(offered("tool v<tab>", "tool v") == "vm version\n");
  CHECK(offered("tool vm <tab>", "tool vm ''") == "create list\n");
  CHECK(offered("tool vm create --m<tab>", "tool vm create --m") == "--memory\n");
  CHECK(offered("tool vm list --m<tab>", "tool vm list --m") == "\n");
}

TEST_CASE("bash knows a command by its other names too") {
  CHECK(offered("tool vms <tab>", "tool vms ''") == "create list\n");
  CHECK(offered("tool vms create --m<tab>", "tool vms create --m") == "--memory\n");
  CHECK(offered("tool vm ls --<tab>", "tool vm ls --") == "--help\n");
}

TEST_CASE("bash is offered the values of a flag that has a few") {
  CHECK(offered("tool vm list -o <tab>", "tool vm list -o ''") == "json yaml\n");
  CHECK(offered("tool vm create --wait b<tab>", "tool vm create --wait b") == "booted\n");
  CHECK(offered("tool vm create --wait=<tab>", "tool vm create --wait '='") == "none booted\n");
  CHECK(offered("tool vm create --wait=b<tab>", "tool vm create --wait '=' b") == "booted\n");
}

TEST_CASE("zsh runs the same script; fish gets one line for each word") {
  CHECK(cli::zsh_completion(tree()).find("#compdef tool") == 0);
  const std::string fish = cli::fish_completion(tree());
  CHECK(fish.find("complete -c tool -f -n '__fish_use_subcommand' -a vm -d 'Virtual machines'") !=
        std::string::npos);
  CHECK(fish.find("-n '__fish_seen_subcommand_from vm vms; and __fish_seen_subcommand_from create' "
                  "-l memory\n") != std::string::npos);
  CHECK(fish.find("-l wait -x -a 'none booted'\n") != std::string::npos);
}
