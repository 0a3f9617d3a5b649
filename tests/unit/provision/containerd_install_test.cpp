// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_install.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using provision::install_containerd_config;
using provision::plan_containerd_config;

namespace {

/// A host in a folder: its own /etc, root and state.
class Tree {
 public:
  Tree() {
    std::string pattern = "/tmp/flintctl-install-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    settings.root = directory_ + "/lib/root";
    settings.state = directory_ + "/run/state";
    settings.address = settings.state + "/c.sock";
  }
  ~Tree() { (void)sys::remove_tree(directory_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  std::string config() const { return directory_ + "/etc/containerd/config-dev.toml"; }
  std::string read() const { return sys::read_file(config()).value_or("<none>"); }
  void write(const std::string& text) const {
    (void)sys::make_directories(directory_ + "/etc/containerd");
    std::ofstream(config()) << text;
  }
  std::vector<std::string> etc() const {
    return sys::list_directory(directory_ + "/etc/containerd").value_or({});
  }

  provision::ContainerdSettings settings;

 private:
  std::string directory_;
};

unsigned mode_of(const std::string& path) {
  struct stat status = {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a plan changes nothing and says all") {
  const Tree tree;
  const auto plan = plan_containerd_config(tree.settings, tree.config());
  REQUIRE(plan);
  CHECK(plan->changed());
  CHECK(plan->changes.size() == 4);
  CHECK(plan->diff.find("+pool_name") != std::string::npos);
  CHECK_FALSE(sys::exists(tree.config()));
  CHECK_FALSE(sys::exists(tree.settings.root));
}

TEST_CASE("installing is idempotent and makes the folders with their modes") {
  const Tree tree;
  const auto first = install_containerd_config(tree.settings, tree.config());
  REQUIRE(first);
  CHECK(first->changed());
  CHECK(first->backup.empty());
  CHECK(tree.read() == provision::containerd_toml(tree.settings));
  CHECK(mode_of(tree.config()) == 0644);
  CHECK(mode_of(tree.settings.root) == 0700);
  CHECK(mode_of(tree.settings.state) == 0711);
  CHECK(mode_of(tree.settings.snapshotter_directory()) == 0700);
  const auto second = install_containerd_config(tree.settings, tree.config());
  REQUIRE(second);
  CHECK_FALSE(second->changed());
  CHECK(second->diff.empty());
  CHECK(tree.etc().size() == 1);
}

TEST_CASE("a file that differs is kept beside the new one") {
  const Tree tree;
  tree.write("version = 2\nroot = \"/elsewhere\"\n");
  const auto install = install_containerd_config(tree.settings, tree.config());
  REQUIRE(install);
  CHECK(install->diff.find("-root = \"/elsewhere\"") != std::string::npos);
  CHECK(install->backup.starts_with(tree.config() + ".bak-"));
  CHECK(*sys::read_file(install->backup) == "version = 2\nroot = \"/elsewhere\"\n");
  CHECK(tree.read() == provision::containerd_toml(tree.settings));
  // A second different file within the same second gets a backup of its own.
  tree.write("not = \"ours\"\n");
  const auto again = install_containerd_config(tree.settings, tree.config());
  REQUIRE(again);
  CHECK(again->backup != install->backup);
  CHECK(tree.etc().size() == 3);
}

TEST_CASE("a file that is no TOML is replaced, with a backup") {
  const Tree tree;
  tree.write("this is not TOML\n");
  const auto install = install_containerd_config(tree.settings, tree.config());
  REQUIRE(install);
  CHECK(install->file_differs);
  CHECK(*sys::read_file(install->backup) == "this is not TOML\n");
}

TEST_CASE("other comments and order are no difference") {
  const Tree tree;
  std::string text = provision::containerd_toml(tree.settings);
  text = "# a comment of the operator's\n" + text;
  tree.write(text);
  const auto plan = plan_containerd_config(tree.settings, tree.config());
  REQUIRE(plan);
  CHECK_FALSE(plan->file_differs);
  REQUIRE(install_containerd_config(tree.settings, tree.config()));
  CHECK(tree.read() == text);
}

TEST_CASE("a root that others may enter is narrowed") {
  const Tree tree;
  REQUIRE(sys::make_directories(tree.settings.root, 0755));
  const auto plan = plan_containerd_config(tree.settings, tree.config());
  REQUIRE(plan);
  CHECK(fmt::format("{}", fmt::join(plan->changes, "\n")).find("set the mode 0700 of") !=
        std::string::npos);
  REQUIRE(install_containerd_config(tree.settings, tree.config()));
  CHECK(mode_of(tree.settings.root) == 0700);
}

TEST_CASE("a root that containerd alone has filled is narrowed") {
  const Tree tree;
  REQUIRE(sys::make_directories(tree.settings.root + "/io.containerd.metadata.v1.bolt", 0711));
  REQUIRE(sys::make_directories(tree.settings.snapshotter_directory(), 0755));
  const auto install = install_containerd_config(tree.settings, tree.config());
  REQUIRE(install);
  CHECK(install->notes.empty());
  CHECK(mode_of(tree.settings.root) == 0700);
}

TEST_CASE("a root that holds what is another's keeps its mode, and that is said") {
  const Tree tree;
  REQUIRE(sys::make_directories(tree.settings.root + "/photographs", 0755));
  const auto plan = plan_containerd_config(tree.settings, tree.config());
  REQUIRE(plan);
  REQUIRE(plan->notes.size() == 1);
  CHECK(plan->notes.front().find("0755") != std::string::npos);
  REQUIRE(install_containerd_config(tree.settings, tree.config()));
  CHECK(mode_of(tree.settings.root) == 0755);
}

TEST_CASE("a folder that the whole host uses is no root and no state") {
  Tree tree;
  for (const char* folder : {"/", "/var", "/srv/", "/var/lib", "/usr/bin", "/srv/../var/log//"}) {
    tree.settings.root = folder;
    const auto install = install_containerd_config(tree.settings, tree.config());
    REQUIRE_FALSE(install);
    CHECK(install.error().code() == Code::invalid_argument);
    CHECK_FALSE(install.error().hint().empty());
  }
  tree.settings.root = "/srv/flintctl-test";
  tree.settings.state = "/run";
  tree.settings.address = "/run/containerd.sock";
  const auto install = install_containerd_config(tree.settings, tree.config());
  REQUIRE_FALSE(install);
  CHECK(install.error().code() == Code::invalid_argument);
  CHECK(install.error().text().find("/run/containerd.sock") != std::string::npos);
  CHECK_FALSE(sys::exists(tree.config()));
}

TEST_CASE("the configuration of the host's own containerd is not the private one's") {
  const Tree tree;
  // Planned only: nothing is written.
  const auto plan = plan_containerd_config(tree.settings, "/etc/containerd/config.toml");
  REQUIRE_FALSE(plan);
  CHECK(plan.error().code() == Code::invalid_argument);
}

TEST_CASE("a place that cannot be written has a hint") {
  const Tree tree;
  // A file where a folder should be fails for root as well, as a read-only /etc does.
  tree.write("x");
  const auto install = install_containerd_config(tree.settings, tree.config() + "/config.toml");
  REQUIRE_FALSE(install);
  CHECK(std::string(install.error().hint()).find("--config-path") != std::string::npos);
}
