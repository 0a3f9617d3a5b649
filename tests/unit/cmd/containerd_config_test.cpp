// SPDX-License-Identifier: Apache-2.0
#include "containerd/config.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/rollback.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;

TEST_CASE("a check is told as data where that is asked for") {
  const auto differs =
      cmd::check_value("/etc/x.toml", {{"root", "\"/a\"", "\"/b\""}, {"state", "\"/c\"", ""}});
  CHECK(data::to_json(differs) ==
        R"({"apiVersion":"flintctl/v1","kind":"ContainerdConfigCheck","path":"/etc/x.toml",)"
        R"("inPlace":false,"differences":[{"key":"root","wanted":"\"/a\"","found":"\"/b\""},)"
        R"({"key":"state","wanted":"\"/c\""}]})");
  CHECK(cmd::check_value("/etc/x.toml", {}).bool_or("inPlace", false));
}

TEST_CASE("a check prints one JSON document and fails when a key differs") {
  std::string folder = "/tmp/flintctl-unit-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const Rollback cleanup([&] { (void)sys::remove_tree(folder); });
  std::ofstream(folder + "/config.toml") << "version = 2\nroot = \"/elsewhere\"\n";
  std::ofstream(folder + "/flintctl.toml") << "run_directory = \"" << folder << "/run\"\n";
  std::ostringstream out;
  std::ostringstream err;
  output::Streams streams{out, err};
  cmd::GlobalOptions options;
  options.output = "json";
  options.config_file = folder + "/flintctl.toml";
  cmd::Host host(streams, options);
  cmd::ContainerdConfigOptions config;
  config.check = true;
  config.format = 2;
  config.config_path = folder + "/config.toml";
  const auto checked = cmd::containerd_config(host, config);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().text().find("differs in") != std::string::npos);
  const auto value = data::parse_json(out.str());
  REQUIRE(value);
  CHECK(value->string_or("kind") == "ContainerdConfigCheck");
  CHECK_FALSE(value->find("differences")->elements().empty());
}
