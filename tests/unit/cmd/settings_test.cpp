// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "containerd/private.hpp"
#include "core/rollback.hpp"
#include "host.hpp"
#include "provision/devpool.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "vm/create.hpp"
#include "vm/session.hpp"

using namespace flintctl;

namespace {

/// Commands with a configuration file of their own.
struct Desk {
  std::string folder = "/tmp/flintctl-cmd-XXXXXX";
  std::ostringstream out;
  std::ostringstream err;
  output::Streams streams{out, err};
  cmd::GlobalOptions options;

  Desk() {
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    options.config_file = write("config.toml", "");
  }
  ~Desk() { (void)sys::remove_tree(folder); }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder + "/" + name) << text;
    return folder + "/" + name;
  }
};

template <typename Value>
void check_refused(const Result<Value>& result, std::string_view said) {
  REQUIRE_FALSE(result);
  INFO(result.error().text());
  CHECK(result.error().code() == Code::invalid_argument);
  CHECK(result.error().text().find(said) != std::string::npos);
  CHECK_FALSE(result.error().hint().empty());
}

}  // namespace

TEST_CASE("a pool's name that cannot be is refused, wherever it comes from") {
  Desk desk;
  SECTION("file") { desk.options.config_file = desk.write("bad.toml", "pool = \"a b\"\n"); }
  SECTION("flag") { desk.options.pool = "a b"; }
  cmd::Host host(desk.streams, desk.options);
  check_refused(host.config(), "'a b'");
}

TEST_CASE("an empty name is not the default one") {
  Desk desk;
  cmd::Host host(desk.streams, desk.options);
  cmd::DevpoolOptions options;
  options.name = "";
  options.dry_run = true;
  check_refused(cmd::devpool(host, options), "''");
}

TEST_CASE("a pool is not put among configuration, nor into flintctl's own folder") {
  Desk desk;
  cmd::Host host(desk.streams, desk.options);
  cmd::DevpoolOptions options;
  options.dry_run = true;
  for (const char* folder : {"/etc/containerd", "/usr/share/pool", "/var/lib/flintctl/vm"}) {
    options.directory = folder;
    check_refused(cmd::devpool(host, options), folder);
  }
}

TEST_CASE("a namespace that no VM can have is refused before containerd is asked") {
  Desk desk;
  desk.options.vm_namespace = "Bad_NS";
  cmd::Host host(desk.streams, desk.options);
  check_refused(cmd::open_vm_session(host), "Bad_NS");
}

TEST_CASE("a label is given once") {
  Desk desk;
  cmd::Host host(desk.streams, desk.options);
  cmd::VmCreateOptions options;
  options.name = "web";
  options.image = "os:1";
  options.kernel = "kernel:1";
  options.labels = {"a=b", "a=c"};
  options.dry_run = true;
  check_refused(cmd::vm_create(host, options), "twice");
}

TEST_CASE("a containerd that runs is found with its configuration broken") {
  Desk desk;
  cmd::Host host(desk.streams, desk.options);
  const std::string broken = desk.write("containerd.toml", "version = \n");
  CHECK(cmd::running_containerd_address(host, broken).value_or("") ==
        config::private_containerd_address);
  CHECK(desk.err.str().find(broken) != std::string::npos);
  CHECK(desk.err.str().find("flintctl containerd config --write") != std::string::npos);
  check_refused(cmd::configured_containerd_address(host, broken), broken);
}

TEST_CASE("a containerd elsewhere is said to be there, with the way to it") {
  Desk desk;
  cmd::Host host(desk.streams, desk.options);
  cmd::say_other_address(host, config::private_containerd_address);
  CHECK(desk.err.str().empty());
  cmd::say_other_address(host, "/run/mine/c.sock");
  CHECK(desk.err.str().find("FLINTCTL_CONTAINERD_ADDRESS=/run/mine/c.sock") != std::string::npos);
}
