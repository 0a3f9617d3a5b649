// SPDX-License-Identifier: Apache-2.0
#include "containerd/ctr.hpp"

#include <sstream>

#include "containerd/env.hpp"
#include "support/catch.hpp"

using namespace flintctl;

TEST_CASE("ctr gets our address and namespace before its own arguments") {
  config::Config config;
  config.containerd_address = "/run/x/c.sock";
  config.containerd_namespace = "flintlock";
  CHECK(cmd::ctr_command("/usr/bin/ctr", config, {"content", "ls", "-q"}) ==
        std::vector<std::string>{"/usr/bin/ctr", "--address", "/run/x/c.sock", "--namespace",
                                 "flintlock", "content", "ls", "-q"});
}

TEST_CASE("exports survive a shell") {
  CHECK(cmd::shell_quoted("/run/c.sock") == "/run/c.sock");
  CHECK(cmd::shell_quoted("") == "''");
  CHECK(cmd::shell_quoted("a b$c") == "'a b$c'");
  CHECK(cmd::shell_quoted("it's") == "'it'\\''s'");
}

TEST_CASE("env prints the exports of the chosen containerd") {
  std::ostringstream out;
  std::ostringstream err;
  output::Streams streams{out, err};
  cmd::GlobalOptions options;
  options.containerd_address = "/run/my dir/c.sock";
  options.containerd_namespace = "mine";
  cmd::Host host(streams, options);
  REQUIRE(cmd::containerd_env(host));
  CHECK(out.str() ==
        "export CONTAINERD_ADDRESS='/run/my dir/c.sock'\nexport CONTAINERD_NAMESPACE=mine\n");
}
