// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>
#include <string>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using config::Overrides;
using config::Surroundings;

namespace {

/// A configuration file, environment and sockets of the test's own.
class World {
 public:
  World() {
    std::string pattern = "/tmp/flintctl-config-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~World() { (void)sys::remove_tree(directory_); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  Surroundings surroundings() {
    Surroundings result;
    result.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment.find(name);
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    result.exists = [this](const std::string& path) {
      return sockets.contains(path) || (path.starts_with(directory_) && sys::exists(path));
    };
    result.file = directory_ + "/config.toml";
    return result;
  }

  /// What load() makes of `text` as the default file.
  Result<config::Config> load(const std::string& text, const Overrides& overrides = {}) {
    write("config.toml", text);
    return config::load(overrides, surroundings());
  }

  std::map<std::string, std::string> environment;
  std::set<std::string> sockets;

 private:
  std::string directory_;
};

}  // namespace

TEST_CASE("without file, environment or flags the defaults hold") {
  World world;
  const auto config = config::load({}, world.surroundings());
  REQUIRE(config);
  CHECK(config->containerd_address == "/run/containerd-dev/containerd.sock");
  CHECK_FALSE(config->containerd_address_chosen);
  CHECK(config->containerd_namespace == "flintlock");
  CHECK(config->pool == "flintlock-dev-thinpool");
  CHECK(config->snapshotter == "devmapper");
  CHECK(config->providers.empty());
}

TEST_CASE("the default socket is the private one unless only the system's exists") {
  World world;
  world.sockets = {"/run/containerd/containerd.sock"};
  CHECK(config::load({}, world.surroundings())->containerd_address ==
        "/run/containerd/containerd.sock");
  world.sockets.insert("/run/containerd-dev/containerd.sock");
  CHECK(config::load({}, world.surroundings())->containerd_address ==
        "/run/containerd-dev/containerd.sock");
}

TEST_CASE("flag wins over environment, environment over file, file over default") {
  World world;
  const std::string text = "pool = \"from-file\"\ncontainerd_address = \"/file.sock\"\n";
  CHECK(world.load(text)->pool == "from-file");
  CHECK(world.load(text)->containerd_address_chosen);
  world.environment["FLINTCTL_POOL"] = "from-environment";
  world.environment["FLINTCTL_CONTAINERD_ADDRESS"] = "unix:///environment.sock";
  world.environment["FLINTCTL_CONTAINERD_NAMESPACE"] = "tests";
  CHECK(world.load(text)->pool == "from-environment");
  CHECK(world.load(text)->containerd_address == "/environment.sock");
  CHECK(world.load(text)->containerd_namespace == "tests");
  Overrides flags;
  flags.pool = "from-flag";
  flags.containerd_address = "/flag.sock";
  const auto config = world.load(text, flags);
  REQUIRE(config);
  CHECK(config->pool == "from-flag");
  CHECK(config->containerd_address == "/flag.sock");
}

TEST_CASE("defaults and providers come from their tables") {
  World world;
  const auto config = world.load(
      "state_directory = \"/srv/flint\"\n"
      "[defaults]\nkernel = \"registry.example/kernel:1\"\nprovider = \"qemu\"\n"
      "[providers.qemu]\nbinary = \"/opt/qemu\"\naccel = \"tcg\"\n"
      "extra_args = [\"-icount\", \"shift=0\"]\n"
      "[providers.firecracker]\nbinary = \"fc\"\n");
  REQUIRE(config);
  CHECK(config->state_directory == "/srv/flint");
  CHECK(config->defaults.kernel == "registry.example/kernel:1");
  CHECK(config->defaults.provider == "qemu");
  REQUIRE(config->providers.size() == 2);
  CHECK(config->providers.at("qemu").accel == "tcg");
  CHECK(config->providers.at("qemu").extra_args == std::vector<std::string>{"-icount", "shift=0"});
  CHECK(config->providers.at("firecracker").binary == "fc");
}

TEST_CASE("an unknown key is refused with the nearest known one") {
  World world;
  const auto top = world.load("containerd_adress = \"/x.sock\"\n");
  REQUIRE_FALSE(top);
  CHECK(top.error().code() == Code::invalid_argument);
  const std::string said = top.error().text() + std::string(top.error().hint());
  CHECK(said.find("containerd_adress") != std::string::npos);
  CHECK(said.find("containerd_address") != std::string::npos);
  CHECK(said.find("config.toml") != std::string::npos);
  const auto nested = world.load("[providers.qemu]\nextra_arg = []\n");
  REQUIRE_FALSE(nested);
  const std::string nested_said = nested.error().text() + std::string(nested.error().hint());
  CHECK(nested_said.find("providers.qemu") != std::string::npos);
  CHECK(nested_said.find("extra_args") != std::string::npos);
  CHECK_FALSE(world.load("[providers.quemu]\nbinary = \"x\"\n"));
}

TEST_CASE("a value of the wrong type is refused with its whole key") {
  World world;
  const auto check = [&](const std::string& text, const std::string& key) {
    const auto config = world.load(text);
    REQUIRE_FALSE(config);
    CHECK(config.error().code() == Code::invalid_argument);
    INFO(config.error().text());
    CHECK(config.error().text().find("'" + key + "'") != std::string::npos);
  };
  check("pool = 3\n", "pool");
  check("pool = \"\"\n", "pool");
  check("defaults = \"x\"\n", "defaults");
  check("[defaults]\nkernel = true\n", "defaults.kernel");
  check("[providers.qemu]\nextra_args = \"-icount\"\n", "providers.qemu.extra_args");
  check("[providers.qemu]\nextra_args = [\"a\", 1]\n", "providers.qemu.extra_args[1]");
  check("[providers.qemu]\naccel = \"hvf\"\n", "providers.qemu.accel");
  check("[providers.qemu]\nbinary = \"bin/qemu\"\n", "providers.qemu.binary");
  check("[defaults]\nprovider = \"xen\"\n", "defaults.provider");
  check("run_directory = \"run\"\n", "run_directory");
  check("run_directory = \"/run\"\n", "run_directory");
  check("state_directory = \"/var/lib/../lib\"\n", "state_directory");
}

TEST_CASE("a file that is named must exist and be TOML") {
  World world;
  Overrides flags;
  flags.file = "/tmp/flintctl-no-such-folder/config.toml";
  const auto missing = config::load(flags, world.surroundings());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code() == Code::not_found);
  CHECK(missing.error().text().find(*flags.file) != std::string::npos);

  world.environment["FLINTCTL_CONFIG"] = world.write("other.toml", "pool = \"other\"\n");
  CHECK(world.load("pool = \"default\"\n")->pool == "other");
  flags.file = world.write("flag.toml", "pool = \"flag\"\n");
  CHECK(world.load("pool = \"default\"\n", flags)->pool == "flag");

  flags.file = world.write("broken.toml", "pool = \n");
  const auto broken = config::load(flags, world.surroundings());
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code() == Code::invalid_argument);
  CHECK(broken.error().text().find("broken.toml") != std::string::npos);
}

TEST_CASE("a file that cannot be one is said to be so") {
  World world;
  Overrides flags;
  flags.file = world.write("real.toml", "") + ".link";
  REQUIRE(::symlink("nowhere.toml", flags.file->c_str()) == 0);
  const auto dangling = config::load(flags, world.surroundings());
  REQUIRE_FALSE(dangling);
  CHECK(dangling.error().code() == Code::invalid_argument);
  CHECK(dangling.error().text().find("link") != std::string::npos);
  CHECK_FALSE(dangling.error().hint().empty());

  flags.file = flags.file->substr(0, flags.file->rfind('/'));
  const auto folder = config::load(flags, world.surroundings());
  REQUIRE_FALSE(folder);
  CHECK(folder.error().code() == Code::invalid_argument);
  CHECK(folder.error().text().find("a folder") != std::string::npos);
}

TEST_CASE("an address that no socket can have is refused") {
  World world;
  Overrides flags;
  flags.containerd_address = "run/containerd.sock";
  CHECK(config::load(flags, world.surroundings()).error().code() == Code::invalid_argument);
  flags.containerd_address = "/" + std::string(107, 'x');
  const auto long_path = config::load(flags, world.surroundings());
  REQUIRE_FALSE(long_path);
  CHECK(long_path.error().text().find("107") != std::string::npos);
  flags.containerd_address = "/" + std::string(106, 'x');
  CHECK(config::load(flags, world.surroundings()));
}
