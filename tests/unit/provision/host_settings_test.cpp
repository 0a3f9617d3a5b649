// SPDX-License-Identifier: Apache-2.0
#include "provision/host_settings.hpp"

#include <sstream>

#include "core/units.hpp"
#include "place.hpp"

using namespace flintctl;
using namespace flintctl::provision;
using testing::Place;

namespace {

Result<HostSettings> parse(const std::string& text) {
  Place place;
  place.write(place.root + "/host.toml", text);
  config::Config config;
  config.containerd_address = config::private_containerd_address;
  return read_host_settings(place.root + "/host.toml", default_host_settings(config));
}

std::string refusal(const std::string& text) {
  const auto settings = parse(text);
  REQUIRE_FALSE(settings);
  CHECK(settings.error().code() == Code::invalid_argument);
  return settings.error().text() + " " + std::string(settings.error().hint());
}

}  // namespace

TEST_CASE("an empty host.toml asks for the defaults") {
  const auto settings = parse("");
  REQUIRE(settings);
  CHECK(settings->devpool);
  CHECK(settings->pool.name == "flintlock-dev-thinpool");
  CHECK_FALSE(settings->pool.data_bytes);
  CHECK(settings->private_containerd.start.config_path == "/etc/containerd/config-dev.toml");
  CHECK(settings->private_containerd.settings.state == "/run/containerd-dev");
}

TEST_CASE("host.toml is read over the defaults") {
  const auto settings = parse(
      "[modules]\nextra = ['bridge']\n"
      "[devpool]\nname = 'p'\ndirectory = '/srv/p'\ndata_size = '20G'\nlow_water_mark = 7\n"
      "[containerd]\nenabled = false\nroot = '/srv/c'\ndebug = true\n");
  REQUIRE(settings);
  CHECK(settings->extra_modules == std::vector<std::string>{"bridge"});
  CHECK(settings->pool.data_bytes == 20 * gib);
  CHECK(settings->pool.low_water_blocks == 7);
  CHECK_FALSE(settings->containerd);
  CHECK(settings->private_containerd.settings.pool == "p");
  CHECK(settings->private_containerd.settings.log_level == LogLevel::trace);
}

TEST_CASE("packages are installed unless that is forbidden, and hypervisors may come from one") {
  CHECK(parse("")->install_packages);
  CHECK_FALSE(parse("[packages]\ninstall = false\n")->install_packages);
  CHECK(refusal("[packages]\ninstal = false\n").find("'install'") != std::string::npos);
  const auto settings = parse("[vmm.qemu]\n[vmm.virtiofsd]\n");
  REQUIRE(settings);
  REQUIRE(settings->vmms.size() == 2);
  CHECK_FALSE(settings->vmms.front().given());
  CHECK(refusal("[vmm.firecracker]\n").find("give file = \"PATH\" or url = \"URL\", with sha256") !=
        std::string::npos);
}

TEST_CASE("P6: what has colons in it is kept whole") {
  const auto settings = parse(
      "[containerd]\nmetrics_address = '[::1]:9090'\nurl = 'http://[::1]:8080/c:1.tar.gz?a:b'\n"
      "sha256 = '" +
      std::string(64, 'a') + "'\n");
  REQUIRE(settings);
  const PrivateContainerd& wanted = settings->private_containerd;
  CHECK(wanted.settings.metrics_address == "[::1]:9090");
  CHECK(wanted.source->url == "http://[::1]:8080/c:1.tar.gz?a:b");
  CHECK(containerd_toml(wanted.settings).find("\"[::1]:9090\"") != std::string::npos);
}

TEST_CASE("the containerd may be the host's own, or one from a release") {
  const auto system = parse("[devpool]\nname = 'p'\n[containerd]\nmode = 'system'\n");
  REQUIRE(system);
  CHECK(system->containerd_mode == HostSettings::ContainerdMode::system);
  CHECK(system->system_containerd.pool == "p");
  CHECK(refusal("[containerd]\nmode = 'shared'\n").find("containerd.mode") != std::string::npos);
  CHECK(refusal("[containerd]\nmode = 'system'\nroot = '/x'\n").find("root") != std::string::npos);
  const auto release =
      parse("[containerd]\nfile = '/c.tar.gz'\nsha256 = '" + std::string(64, 'a') + "'\n");
  REQUIRE(release);
  REQUIRE(release->private_containerd.source);
  CHECK(release->private_containerd.source->file == "/c.tar.gz");
  CHECK(refusal("[containerd]\nfile = '/c.tar.gz'\n").find("SHA-256") != std::string::npos);
}

TEST_CASE("what host.toml cannot mean is refused by name") {
  CHECK(refusal("[devpol]\n").find("devpool") != std::string::npos);
  CHECK(refusal("[devpool]\ndata_siz = '1G'\n").find("data_size") != std::string::npos);
  CHECK(refusal("[devpool]\ndata_size = 'much'\n").find("devpool.data_size") != std::string::npos);
  CHECK(refusal("[devpool]\ndata_size = '1M'\n").find("too small") != std::string::npos);
  CHECK(refusal("[devpool]\nenabled = 'yes'\n").find("devpool.enabled") != std::string::npos);
  CHECK(refusal("devpool = 3\n").find("'devpool' must be a table") != std::string::npos);
}

TEST_CASE("a table of a table is named with both, and hints speak of keys") {
  CHECK(refusal("[vmm.qemu]\nsha = 'x'\n").find("unknown key 'sha' in [vmm.qemu]") !=
        std::string::npos);
  CHECK(refusal("[vmm.qemu]\nsha256 = 5\n").find("'vmm.qemu.sha256' must be") != std::string::npos);
  CHECK(refusal("[vmm]\nqemu = 5\n").find("'vmm.qemu' must be a table") != std::string::npos);
  CHECK(refusal("vmm = 5\n").find("'vmm' must be a table") != std::string::npos);
  CHECK(refusal("[vmm.qemu]\nfile = '/x'\n").find("sha256 = \"DIGEST\"") != std::string::npos);
  CHECK(refusal("[network]\nnat = false\nuplink = 'eth0'\n")
            .find("leave out nat = false or uplink") != std::string::npos);
}

TEST_CASE("what ends up in lines of other files has no line breaks") {
  for (const std::string key :
       {"[devpool]\ndirectory", "[devpool]\nname", "[containerd]\nroot", "[containerd]\nlog_file",
        "[containerd]\nbinary", "[network]\nbridge", "[lvm]\ndisk", "[vmm.qemu]\nfile"}) {
    INFO(key);
    for (const char* what : {"\\n", "\\u0000", "\\u001b[0m", "\\t", "\\u0085"}) {
      CHECK(refusal(key + " = \"/x" + what + "y\"\n").find("control characters") !=
            std::string::npos);
    }
  }
  CHECK(parse("[devpool]\ndirectory = '/srv/m\u00fcll  eimer'\n"));
  for (const char* name : {"a b", "../x", "", "kvm\\nroot", "-r"}) {
    INFO(name);
    CHECK(refusal(std::string("[modules]\nextra = ['kvm', \"") + name + "\"]\n")
              .find("'modules.extra' must be") != std::string::npos);
  }
  CHECK(parse("[modules]\nextra = ['snd-hda_intel', '8021q']\n"));
}

TEST_CASE("folders that are the system's, others' or flintctl's own are refused") {
  for (const std::string key : {"[devpool]\ndirectory", "[containerd]\nroot"}) {
    for (const std::string folder : {"/etc", "/etc/containerd", "/usr/share/x", "/srv/../etc/x",
                                     "/var/lib", "/var/lib/flintctl", "/var/lib/flintctl/host"}) {
      INFO(key << ' ' << folder);
      CHECK_FALSE(refusal(key + " = '" + folder + "'\n").empty());
    }
    for (const char* folder : {"/var/lib/c", "/mnt/disk", "/etcetera/x", "/var/lib/flintctl2"}) {
      INFO(key << ' ' << folder);
      CHECK(parse(key + " = '" + folder + "'\n"));
    }
  }
}

TEST_CASE("a file that cannot be read is named with what helps") {
  const auto absent = read_host_settings("/proc/nothing/host.toml", {});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().hint() == "see what it is: ls -l /proc/nothing/host.toml");
}

TEST_CASE("a log is not appended to another's file") {
  Place place;
  const std::string file = place.root + "/log";
  const auto asked = "[containerd]\nlog_file = '" + file + "'\n";
  CHECK(parse(asked));
  place.write(file, "");
  CHECK(parse(asked));
  place.write(file, "127.0.0.1 localhost\n");
  CHECK(refusal(asked).find(file + " is there, and is no log of a containerd") !=
        std::string::npos);
  for (const char* line :
       {"time=\"2026-01-01T00:00:00Z\" level=info msg=starting\n", "panic: x\ntime=\"2026\"\n",
        "{\"level\":\"info\"}\n", "containerd: failed to load TOML\n"}) {
    INFO(line);
    place.write(file, line);
    CHECK(parse(asked));
  }
  CHECK(refusal("[containerd]\nlog_file = '/etc/new'\n").find("system") != std::string::npos);
  CHECK(parse("[containerd]\nlog_file = '/var/log/new'\n"));
}

TEST_CASE("a disk's size that containerd could not read is refused") {
  for (const std::string mode : {"private", "system"}) {
    const std::string start = "[containerd]\nmode = '" + mode + "'\nbase_image_size = ";
    CHECK(refusal(start + "'banana'\n").find("banana") != std::string::npos);
    CHECK(parse(start + "'20GB'\n"));
  }
}

TEST_CASE("a relative path is refused, as each run would take it for another place") {
  const auto setting =
      GENERATE(as<std::string>(), "[containerd]\nroot", "[containerd]\nconfig",
               "[containerd]\nlog_file", "[containerd]\nbinary", "[devpool]\ndirectory",
               "[lvm]\ndisk", "[containerd]\nmode = 'system'\nconfig");
  INFO(setting);
  CHECK(refusal(setting + " = 'var/log'\n").find("absolute path") != std::string::npos);
  CHECK(parse("[containerd]\nbinary = 'containerd'\n"));
}

TEST_CASE("the documented host.toml is one, and says the defaults") {
  std::istringstream lines{std::string(host_settings_help())};
  std::string line;
  std::getline(lines, line);  // its title
  std::string text;
  while (std::getline(lines, line)) text += line + "\n";
  const auto documented = parse(text);
  INFO((documented ? "" : documented.error().text()));
  REQUIRE(documented);
  const auto defaults = parse("");
  CHECK(documented->pool.directory == defaults->pool.directory);
  CHECK(documented->pool.data_bytes == thinpool::Spec::default_data_bytes);
  CHECK(documented->pool.metadata_bytes == thinpool::Spec::default_metadata_bytes);
  CHECK(containerd_toml(documented->private_containerd.settings) ==
        containerd_toml(defaults->private_containerd.settings));
  CHECK(documented->private_containerd.start.log_file ==
        defaults->private_containerd.start.log_file);
}

TEST_CASE("the network is made when host.toml has its table") {
  CHECK_FALSE(parse("")->network);
  const auto plain = parse("[network]\n");
  REQUIRE(plain);
  CHECK(plain->network);
  CHECK(plain->network_spec.address.text() == "192.168.100.1/24");
  CHECK_FALSE(parse("[network]\nenabled = false\n")->network);
  const auto other =
      parse("[network]\nbridge = 'br7'\naddress = '10.7.0.1/16'\nnat = false\ndhcp = true\n");
  REQUIRE(other);
  CHECK(other->network_spec.bridge == "br7");
  CHECK(other->network_spec.translation == NetworkSpec::Translation::none);
  CHECK(other->network_spec.dhcp == NetworkSpec::Dhcp::dnsmasq);
  CHECK(refusal("[network]\naddress = '10.7.0.0/16'\n").find("10.7.0.0/16") != std::string::npos);
  CHECK(refusal("[network]\nadress = '10.7.0.1/16'\n").find("address") != std::string::npos);
  CHECK(refusal("[network]\nnat = false\nuplink = 'eth0'\n").find("uplink") != std::string::npos);
}

TEST_CASE("hypervisors to install are read with their digests") {
  const std::string digest(64, 'a');
  const auto settings = parse("[vmm.firecracker]\nfile = '/x'\nsha256 = '" + digest + "'\n");
  REQUIRE(settings);
  REQUIRE(settings->vmms.size() == 1);
  CHECK(settings->vmms.front().name == "firecracker");
  CHECK(settings->vmms.front().file == "/x");
  CHECK(refusal("[vmm.firecracker]\nfile = '/x'\n").find("SHA-256") != std::string::npos);
  CHECK(refusal("[vmm.firecraker]\nfile = '/x'\n").find("firecraker") != std::string::npos);
  CHECK(refusal("[vmm.firecracker]\nfil = '/x'\n").find("file") != std::string::npos);
}

TEST_CASE("[lvm] takes the place of the pool on files") {
  const auto settings = parse(
      "[lvm]\ndisk = '/dev/sdb'\nvg = 'prod'\ndata_size = '400G'\nautoextend_threshold = 70\n");
  REQUIRE(settings);
  CHECK(settings->lvm);
  CHECK_FALSE(settings->devpool);
  CHECK(settings->lvm_pool.disk == "/dev/sdb");
  CHECK(settings->lvm_pool.autoextend_threshold == 70);
  CHECK(settings->pool_name() == "prod-thinpool");
  CHECK(settings->private_containerd.settings.pool == "prod-thinpool");
  CHECK(parse("[lvm]\nenabled = false\n")->devpool);
  CHECK(parse("[devpool]\nenabled = false\n[lvm]\n")->lvm);
}

TEST_CASE("a host has one pool, and a file cannot have a disk erased") {
  CHECK(refusal("[devpool]\nname = 'p'\n[lvm]\n").find("both ask for the pool") !=
        std::string::npos);
  CHECK(refusal("[lvm]\nwipe = '/dev/sdb'\n").find("wipe") != std::string::npos);
  CHECK(refusal("[lvm]\nautoextend_threshold = 20\n").find("out of range") != std::string::npos);
  CHECK(refusal("[lvm]\nautoextend_percent = 'a lot'\n").find("per cent") != std::string::npos);
  CHECK(refusal("[lvm]\nvg = 'a/b'\n").find("cannot be the name") != std::string::npos);
}

TEST_CASE("P1: the pool that is asked for is the one that every step gets") {
  config::Config config;
  config.pool = "other";
  const HostSettings chosen = default_host_settings(config);
  CHECK(chosen.pool.name == "other");
  CHECK(chosen.pool_name() == "other");
  CHECK(containerd_toml(chosen.private_containerd.settings).find("pool_name = \"other\"") !=
        std::string::npos);
  for (const char* text : {"[devpool]\nname = 'own-pool'\n", "[lvm]\nvg = 'own'\nlv = 'pool'\n"}) {
    INFO(text);
    const auto settings = parse(text);
    REQUIRE(settings);
    CHECK(settings->pool_name() == "own-pool");
    CHECK(settings->private_containerd.settings.pool == "own-pool");
  }
}
