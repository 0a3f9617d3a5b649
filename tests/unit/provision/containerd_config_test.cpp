// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_config.hpp"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using provision::compare;
using provision::containerd_document;
using provision::containerd_toml;
using provision::ContainerdSettings;
using provision::pool_zeroing;
using provision::Zeroing;

namespace {

data::Value parsed(const std::string& text) {
  auto value = data::parse_toml(text);
  INFO(text);
  REQUIRE(value);
  return *value;
}

ContainerdSettings zeroing_settings() {
  ContainerdSettings settings;
  settings.zeroing = Zeroing::zeroes;
  settings.mke2fs_can_skip_zeros = true;
  return settings;
}

bool has_options(const ContainerdSettings& settings) {
  return containerd_toml(settings).find("\nfs_options = ") != std::string::npos;
}

}  // namespace

TEST_CASE("the configuration says what the development setup asks for, and the additions") {
  const data::Value wanted = parsed(R"(
version = 2
root = "/var/lib/containerd-dev"
state = "/run/containerd-dev"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri"]
[grpc]
address = "/run/containerd-dev/containerd.sock"
[metrics]
address = "127.0.0.1:1338"
[debug]
level = "info"
[plugins."io.containerd.snapshotter.v1.devmapper"]
pool_name = "flintlock-dev-thinpool"
root_path = "/var/lib/containerd-dev/snapshotter/devmapper"
base_image_size = "10GB"
discard_blocks = true
async_remove = true
)");
  const ContainerdSettings settings;
  CHECK(containerd_document(settings) == wanted);
  CHECK(compare(settings, wanted).empty());
}

TEST_CASE("the text means the same as the value, whatever the settings") {
  ContainerdSettings settings = zeroing_settings();
  CHECK(parsed(containerd_toml(settings)) == containerd_document(settings));
  settings.zeroing = Zeroing::skips;
  settings.log_level = provision::LogLevel::trace;
  settings.version = {2, 1, "2.1.9"};
  CHECK(parsed(containerd_toml(settings)) == containerd_document(settings));
  settings.root = "/srv/a \"quoted\" \\ path";
  settings.pool = "p'ool";
  CHECK(parsed(containerd_toml(settings)) == containerd_document(settings));
  CHECK(parsed(containerd_toml(settings)).string_or("root") == settings.root);
}

TEST_CASE("P12: the log level is info unless --debug asks for trace") {
  ContainerdSettings settings;
  CHECK(containerd_document(settings).find("debug")->string_or("level") == "info");
  settings.log_level = provision::LogLevel::trace;
  CHECK(containerd_document(settings).find("debug")->string_or("level") == "trace");
}

TEST_CASE("containerd 2 gets the names of its own CRI plugins disabled as well") {
  ContainerdSettings settings;
  settings.version = {2, 0, "2.0.5"};
  CHECK(containerd_document(settings).find("disabled_plugins")->elements().size() == 5);
  CHECK(containerd_document(settings).integer_or("version") == 3);
  settings.format = 2;
  CHECK(containerd_document(settings).integer_or("version") == 2);
  CHECK(containerd_document(settings).find("disabled_plugins")->elements().size() == 5);
}

TEST_CASE("a format that containerd has not is refused") {
  ContainerdSettings settings;
  settings.format = 3;
  CHECK(validate(settings));
  settings.format = 4;
  const auto refused = validate(settings);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().hint().find("3 for 2.0") != std::string::npos);
}

TEST_CASE("fs_options are there only when the pool zeroes and mke2fs can skip it") {
  ContainerdSettings settings = zeroing_settings();
  CHECK(has_options(settings));
  CHECK(containerd_document(settings)
            .find("plugins")
            ->find("io.containerd.snapshotter.v1.devmapper")
            ->string_or("fs_options") == "nodiscard,assume_storage_prezeroed=1");
  settings.mke2fs_can_skip_zeros = false;
  CHECK_FALSE(has_options(settings));
  CHECK(containerd_toml(settings).find("older than 1.47") != std::string::npos);
  settings.mke2fs_can_skip_zeros = true;
  settings.zeroing = Zeroing::skips;
  CHECK_FALSE(has_options(settings));
  CHECK(containerd_toml(settings).find("skip_block_zeroing") != std::string::npos);
  settings.zeroing = Zeroing::unknown;
  CHECK_FALSE(has_options(settings));
}

TEST_CASE("each addition has its reason above it") {
  const std::string text = containerd_toml(zeroing_settings());
  for (const char* key : {"disabled_plugins", "async_remove", "fs_options", "discard_blocks"}) {
    INFO(key);
    const auto position = text.find(std::string("\n") + key + " = ");
    REQUIRE(position != std::string::npos);
    const auto line_start = text.rfind('\n', position - 1) + 1;
    CHECK(text[line_start] == '#');
  }
}

TEST_CASE("a pool's table tells whether it zeroes") {
  CHECK(pool_zeroing("7:1 7:0 128 32768") == Zeroing::zeroes);
  CHECK(pool_zeroing("7:1 7:0 128 32768 0") == Zeroing::zeroes);
  CHECK(pool_zeroing("7:1 7:0 128 32768 1 skip_block_zeroing") == Zeroing::skips);
  CHECK(pool_zeroing("7:1 7:0 128 32768 2 error_if_no_space skip_block_zeroing ") ==
        Zeroing::skips);
  CHECK(pool_zeroing("7:1 7:0 128 32768 1 no_discard_passdown") == Zeroing::zeroes);
  CHECK(pool_zeroing("") == Zeroing::unknown);
  CHECK(pool_zeroing("7:1 7:0") == Zeroing::unknown);
}

TEST_CASE("comparison is by meaning, and names the keys") {
  const ContainerdSettings settings;
  data::Value other = containerd_document(settings);
  other.find("disabled_plugins")->set("x", 1);  // no object: must not crash
  other = containerd_document(settings);
  data::Value reversed = data::Value::array();
  reversed.push("io.containerd.nri.v1.nri").push("io.containerd.grpc.v1.cri");
  other.set("disabled_plugins", reversed);
  CHECK(compare(settings, other).empty());

  other.find("grpc")->set("address", "/run/elsewhere.sock");
  other.set("oom_score", -999);
  data::Value plugin = data::Value::object({{"pool_name", "flintlock-dev-thinpool"}});
  other.find("plugins")->set("io.containerd.snapshotter.v1.devmapper", plugin);
  const auto differences = compare(settings, other);
  const auto text_of = [&](const std::string& key) {
    for (const auto& difference : differences) {
      if (difference.key == key) return difference.text();
    }
    return std::string();
  };
  CHECK(text_of("grpc.address").find("/run/elsewhere.sock") != std::string::npos);
  CHECK(text_of("oom_score") == "oom_score: is -999, should not be there");
  CHECK(text_of("plugins.\"io.containerd.snapshotter.v1.devmapper\".async_remove") ==
        "plugins.\"io.containerd.snapshotter.v1.devmapper\".async_remove: missing, should be true");
  CHECK(text_of("plugins.\"io.containerd.snapshotter.v1.devmapper\".pool_name").empty());
  CHECK(differences.size() == 6);
}

TEST_CASE("fs_options of ours are let be while the pool is away, and not when it skips zeroing") {
  const data::Value installed = containerd_document(zeroing_settings());
  ContainerdSettings settings = zeroing_settings();
  CHECK(compare(settings, installed).empty());
  settings.zeroing = Zeroing::unknown;
  CHECK(compare(settings, installed).empty());
  settings.zeroing = Zeroing::skips;
  REQUIRE(compare(settings, installed).size() == 1);
  CHECK(compare(settings, installed)[0].wanted.empty());
}

TEST_CASE("settings that would meet the host's own containerd are refused") {
  const auto refused = [](ContainerdSettings settings) {
    const auto valid = provision::validate(settings);
    return !valid && valid.error().code() == Code::invalid_argument;
  };
  CHECK(provision::validate({}));
  ContainerdSettings settings;
  settings.root = "/var/lib/containerd";
  CHECK(refused(settings));
  settings = {};
  settings.state = "/run/containerd";
  CHECK(refused(settings));
  settings = {};
  settings.address = "/run/containerd/containerd.sock";
  CHECK(refused(settings));
  settings = {};
  settings.root = "relative";
  CHECK(refused(settings));
  settings = {};
  settings.pool = "";
  CHECK(refused(settings));
  settings.pool = "bad name";
  CHECK(refused(settings));
  for (const char* address :
       {"nonsense", "127.0.0.1:99999", "127.0.0.1:", "a b:80", "::1:80", "127.0.0.1:80x"}) {
    INFO(address);
    settings = {};
    settings.metrics_address = address;
    CHECK(refused(settings));
  }
  for (const char* address : {"", ":1338", "localhost:1", "[::1]:1338", "10.0.0.1:65535"}) {
    INFO(address);
    settings = {};
    settings.metrics_address = address;
    CHECK_FALSE(refused(settings));
  }
}

TEST_CASE("a socket path leaves room for containerd's second socket") {
  ContainerdSettings settings;
  settings.address = "/" + std::string(100, 'x');  // 101 and ".ttrpc" make 107
  CHECK(provision::validate(settings));
  settings.address += 'x';
  const auto valid = provision::validate(settings);
  REQUIRE_FALSE(valid);
  CHECK(valid.error().text().find("108 bytes") != std::string::npos);
  CHECK(std::string(valid.error().hint()).find("101") != std::string::npos);
}

namespace {

class File {
 public:
  explicit File(const std::string& text) {
    std::string pattern = "/tmp/flintctl-facts-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    std::ofstream(path()) << text;
  }
  ~File() { (void)sys::remove_tree(directory_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  std::string path() const { return directory_ + "/config.toml"; }

 private:
  std::string directory_;
};

}  // namespace

TEST_CASE("a configuration's facts are read back") {
  const File file(containerd_toml(zeroing_settings()));
  const auto facts = provision::read_containerd_facts(file.path());
  REQUIRE(facts);
  CHECK(facts->root == "/var/lib/containerd-dev");
  CHECK(facts->state == "/run/containerd-dev");
  CHECK(facts->address == "/run/containerd-dev/containerd.sock");
  CHECK(facts->ttrpc_address == "/run/containerd-dev/containerd.sock.ttrpc");
  CHECK(facts->pool == "flintlock-dev-thinpool");
  CHECK(facts->assumes_zeroed_blocks);
}

TEST_CASE("a configuration that would start the host's own containerd is refused") {
  const auto refusal = [](const std::string& text) {
    const File file(text);
    const auto facts = provision::read_containerd_facts(file.path());
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code() == Code::invalid_argument);
    return facts.error().text();
  };
  // As Debian ships it: no root, state or address.
  CHECK(refusal("version = 2\n[plugins]\n").find("names no root") != std::string::npos);
  CHECK(refusal("root = \"/x\"\nstate = \"/y\"\n").find("names no grpc.address") !=
        std::string::npos);
  CHECK(refusal("root = \"/var/lib/containerd\"\nstate = \"/y\"\n[grpc]\naddress = \"/z\"\n")
            .find("host's own") != std::string::npos);
  CHECK(refusal("root = \n").find("line 1") != std::string::npos);
  const auto missing = provision::read_containerd_facts("/nonexistent/config.toml");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code() == Code::host_not_ready);
  CHECK(std::string(missing.error().hint()).find("config --write") != std::string::npos);
}
