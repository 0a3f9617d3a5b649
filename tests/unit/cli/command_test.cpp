// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

#include <sstream>

#include "core/units.hpp"
#include "support/catch.hpp"

using namespace flintctl;

namespace {

/// A small tree like the real one, and what a run of it printed.
struct Fixture {
  std::ostringstream out;
  std::ostringstream err;
  std::string ran;
  std::string name;
  std::vector<std::string> labels;
  std::vector<std::string> rest;
  std::uint64_t memory = 512 * mib;
  unsigned vcpus = 2;
  std::optional<std::string> kernel;
  std::string output = "table";
  std::string wait = "running";
  bool quiet = false;

  int run(std::vector<const char*> words) {
    words.insert(words.begin(), "tool");
    output::Streams streams{out, err};
    cli::Command root("tool", "Does things");
    root.option("-o,--output", output, "Format", "FORMAT");
    root.flag("-q,--quiet", quiet, "Quiet");
    root.version("tool 1.2");
    auto& vm = root.add("vm", "Virtual machines").alias("vms");
    vm.add("list", "List them").action([this] { return done("list"); });
    vm.add("create", "Create one")
        .argument("NAME", name, "Its name")
        .option("-l,--label", labels, "A label", "KEY=VALUE")
        .option("--kernel", kernel, "A kernel", "IMAGE")
        .size_option("--memory", memory, "Memory")
        .option("--vcpus", vcpus, "Processors")
        .choice("--wait", wait, {"none", "running", "booted"}, "Wait for")
        .example("tool vm create web", "the shortest form")
        .action([this] { return done("create"); });
    vm.add("fail", "Fail").action([]() -> Result<> {
      return Error(Code::host_not_ready, "no pool").with_hint("make one");
    });
    vm.add("tell", "Fail twice").action([&streams]() -> Result<> {
      cli::tell(streams, Error(Code::not_found, "no a").with_hint("see the list"));
      return cli::already_told(Code::not_found);
    });
    vm.add("exec", "Run").rest(rest, "The command").action([this] { return done("exec"); });
    return cli::run(root, static_cast<int>(words.size()), words.data(), streams);
  }

 private:
  Result<> done(const char* what) {
    ran = what;
    return {};
  }
};

}  // namespace

TEST_CASE("flags, positionals and globals reach the chosen action from any place") {
  Fixture tool;
  CHECK(tool.run({"vm", "create", "web", "-o", "json", "--label", "a=b", "-l", "c=d", "--memory",
                  "1Gi", "--kernel", "k", "-q"}) == 0);
  CHECK(tool.ran == "create");
  CHECK(tool.name == "web");
  CHECK(tool.labels == std::vector<std::string>{"a=b", "c=d"});
  CHECK(tool.memory == gib);
  CHECK(tool.kernel == "k");
  CHECK(tool.output == "json");
  CHECK(tool.quiet);
}

TEST_CASE("a size of nothing is refused, not taken for none given") {
  Fixture tool;
  CHECK(tool.run({"vm", "create", "web", "--memory", "0"}) == 2);
  CHECK(tool.ran.empty());
  CHECK(tool.err.str().find("--memory") != std::string::npos);
}

TEST_CASE("a repeatable flag does not swallow the positional after it") {
  Fixture tool;
  CHECK(tool.run({"vm", "create", "--label", "a=b", "web"}) == 0);
  CHECK(tool.name == "web");
}

TEST_CASE("a positional may be named like a command") {
  Fixture tool;
  CHECK(tool.run({"vm", "create", "list"}) == 0);
  CHECK(tool.ran == "create");
  CHECK(tool.name == "list");
}

TEST_CASE("a value may begin with a dash when written with =") {
  Fixture tool;
  CHECK(tool.run({"vm", "create", "web", "--label=-x"}) == 0);
  CHECK(tool.labels == std::vector<std::string>{"-x"});
}

TEST_CASE("what follows is left alone, with and without --") {
  Fixture tool;
  CHECK(tool.run({"vm", "exec", "--", "ls", "-q", "--output", "x"}) == 0);
  CHECK(tool.rest == std::vector<std::string>{"ls", "-q", "--output", "x"});
  Fixture again;
  CHECK(again.run({"vm", "exec", "ls", "-q"}) == 0);
  CHECK(again.rest == std::vector<std::string>{"ls", "-q"});
}

TEST_CASE("bad input exits 2 and names the nearest word") {
  const auto error_of = [](std::vector<const char*> words) {
    Fixture tool;
    CHECK(tool.run(std::move(words)) == 2);
    CHECK(tool.ran.empty());
    return tool.err.str();
  };
  CHECK(error_of({"vm", "lst"}).find("did you mean 'list'?") != std::string::npos);
  CHECK(error_of({"vm", "list", "--ouput", "x"}).find("did you mean '--output'?") !=
        std::string::npos);
  CHECK(error_of({"vm", "create"}).find("NAME") != std::string::npos);
  CHECK(error_of({"vm", "create", "web", "--memory", "lots"}).find("'lots' is not a size") !=
        std::string::npos);
  CHECK(error_of({"vm", "create", "web", "--wait", "boot"}).find("did you mean 'booted'?") !=
        std::string::npos);
}

TEST_CASE("bad input is answered in our own words") {
  const auto error_of = [](std::vector<const char*> words) {
    Fixture tool;
    CHECK(tool.run(std::move(words)) == 2);
    CHECK(tool.ran.empty());
    return tool.err.str();
  };
  CHECK(error_of({"vm", "create", "web", "--vcpus", "-1"}) ==
        "error: --vcpus: '-1' is not a number (use a whole number, 0 or more)\n"
        "hint: see 'tool vm create --help'\n");
  CHECK(error_of({"vm", "create", "web", "--vcpus", "4294967296"}).find("is not a number") !=
        std::string::npos);
  CHECK(error_of({"vm", "create", "web", "--wait=none", "--wait=running"}) ==
        "error: --wait is given more than once\nhint: give it once\n");
  CHECK(error_of({"vm", "create", "web", "--memory"}) ==
        "error: --memory has no value\nhint: see 'tool vm create --help'\n");
  CHECK(error_of({"vm", "list", "--quiet=maybe"}) ==
        "error: --quiet does not take 'maybe'\nhint: write it without a value: --quiet\n");
  CHECK(error_of({"vm", "create", "-a"}).find("unknown flag '-a'") != std::string::npos);
  CHECK(error_of({"create", "vm"}).find("did you mean 'tool vm create'?") != std::string::npos);
  CHECK(error_of({"create"}).find("did you mean 'tool vm create'?") != std::string::npos);
  CHECK(error_of({"vm", "list", "web"}).find("unknown argument 'web'") != std::string::npos);
}

TEST_CASE("errors that were told already only choose the status") {
  Fixture tool;
  CHECK(tool.run({"vm", "tell"}) == 3);
  CHECK(tool.err.str() == "error: no a\nhint: see the list\n");
}

TEST_CASE("the version is printed at any place") {
  Fixture tool;
  CHECK(tool.run({"--version"}) == 0);
  CHECK(tool.run({"vm", "list", "--version"}) == 0);
  CHECK(tool.out.str() == "tool 1.2\ntool 1.2\n");
  CHECK(tool.ran.empty());
}

TEST_CASE("a command line is accepted without being run") {
  bool ran = false;
  std::string name;
  cli::Command root("tool", "Does things");
  auto& vm = root.add("vm", "Virtual machines").example("tool vm get web", "one");
  vm.add("get", "One").argument("NAME", name, "Its name").action([&]() -> Result<> {
    ran = true;
    return {};
  });
  const auto accepts = [&](std::vector<const char*> words) {
    return cli::accept(root, static_cast<int>(words.size()), words.data()).has_value();
  };
  CHECK(cli::examples(root) == std::vector<std::string>{"tool vm get web"});
  CHECK(accepts({"tool", "vm", "get", "web"}));
  CHECK_FALSE(accepts({"tool", "vm", "get"}));
  CHECK_FALSE(accepts({"tool", "vm", "get", "web", "--nope"}));
  CHECK_FALSE(accepts({"tool", "vm"}));
  CHECK_FALSE(ran);
  std::ostringstream out;
  output::Streams streams{out, out};
  CHECK(cli::print_help(root, {"vm", "get"}, streams));
  CHECK(out.str().find("tool vm get NAME") != std::string::npos);
  CHECK(cli::print_help(root, {"vm", "gte"}, streams).error().hint() == "did you mean 'get'?");
}

TEST_CASE("errors print with their hint and choose the status") {
  Fixture tool;
  CHECK(tool.run({"vm", "fail"}) == 6);
  CHECK(tool.err.str() == "error: no pool\nhint: make one\n");
  CHECK(tool.out.str().empty());
}

TEST_CASE("an error reaches a terminal without what the terminal would obey, on its own line") {
  std::ostringstream err;
  output::Streams streams{err, err};
  cli::tell(streams, Error(Code::data_loss, "no \x1b[2J\nhint: run me " + std::string(9000, 'x'))
                         .with_hint("it is made for \x1b]0;\x07"));
  CHECK(err.str().starts_with("error: no ?[2J hint: run me xxx"));
  CHECK(err.str().ends_with("xxx…\nhint: it is made for ?]0;?\n"));
  CHECK(err.str().size() < 4200);
}

TEST_CASE("output that cannot be written is an error") {
  Fixture tool;
  tool.out.setstate(std::ios::badbit);
  for (const std::vector<const char*>& words :
       {std::vector<const char*>{"vm", "list"}, {"vm", "list", "--help"}, {"vm"}}) {
    tool.err.str("");
    CHECK(tool.run(words) == 1);
    CHECK(tool.err.str().find("could not be written") != std::string::npos);
  }
}

TEST_CASE("colours are for terminals that have a name and are not asked to do without") {
  CHECK(output::wants_color("xterm", nullptr));
  CHECK(output::wants_color("xterm", ""));
  CHECK_FALSE(output::wants_color("xterm", "1"));
  for (const char* dumb : {"dumb", "", static_cast<const char*>(nullptr)}) {
    CHECK_FALSE(output::wants_color(dumb, nullptr));
  }
}

TEST_CASE("help goes to stdout, shows examples and global flags") {
  Fixture tool;
  CHECK(tool.run({"vm", "create", "--help"}) == 0);
  const std::string help = tool.out.str();
  CHECK(help.find("tool vm create NAME [flags]") != std::string::npos);
  CHECK(help.find("# the shortest form") != std::string::npos);
  CHECK(help.find("Global flags:") != std::string::npos);
  CHECK(help.find("-o, --output FORMAT") != std::string::npos);
  CHECK(help.find("(default 512 MiB)") != std::string::npos);
}

TEST_CASE("a group without a command prints its help") {
  Fixture tool;
  CHECK(tool.run({"vm"}) == 0);
  CHECK(tool.out.str().find("create   Create one") != std::string::npos);
}

TEST_CASE("an alias finds the group") {
  Fixture tool;
  CHECK(tool.run({"vms", "list"}) == 0);
  CHECK(tool.ran == "list");
}
