// SPDX-License-Identifier: Apache-2.0
#include "provision/system_config.hpp"

#include "place.hpp"

using namespace flintctl;
using namespace flintctl::provision;
using testing::Place;

namespace {

data::Value parsed(const std::string& text) {
  auto value = data::parse_toml(text);
  INFO(text);
  REQUIRE(value);
  return *value;
}

ContainerdSettings settings() {
  ContainerdSettings settings;
  settings.pool = "pool";
  settings.snapshotter_root = "/var/lib/containerd/devmapper";
  return settings;
}

/// The whole file with our block, as a value.
data::Value with_table(const std::string& text) {
  return parsed(with_block(text, table_block(parsed(text), settings())));
}

const char* const debian =
    "version = 2\n\n[plugins]\n  [plugins.\"io.containerd.grpc.v1.cri\"]\n"
    "    [plugins.\"io.containerd.grpc.v1.cri\".cni]\n      bin_dir = \"/usr/lib/cni\"\n";

}  // namespace

TEST_CASE("the table is added to what is there, under the plugin names of its version") {
  const data::Value two = with_table(debian);
  CHECK(two.integer_or("version") == 2);
  CHECK(two.find("plugins")->find("io.containerd.grpc.v1.cri")->find("cni") != nullptr);
  CHECK(two.find("plugins")->find(devmapper_plugin)->string_or("pool_name") == "pool");

  const data::Value three = with_table("version = 3");
  CHECK(three.find("plugins")->find(devmapper_plugin) != nullptr);
  const data::Value one = with_table("disabled_plugins = [\"cri\"]\n");
  CHECK(one.find("version") == nullptr);
  CHECK(one.find("plugins")->find("devmapper")->string_or("pool_name") == "pool");
  const data::Value none = with_table("# nothing yet\n");
  CHECK(none.integer_or("version") == 2);
  CHECK(none.find("plugins")->find(devmapper_plugin) != nullptr);
}

TEST_CASE("what was appended is taken out again, byte for byte") {
  const std::vector<std::string> texts = {"", debian, "version = 3\n"};
  for (const std::string& text : texts) {
    const std::string whole = with_block(text, table_block(parsed(text), settings()));
    CHECK(without_block(whole).value_or("?") == text);
    // Also from amid what others added below.
    CHECK(without_block(whole + "[debug]\n").value_or("?") == text + "[debug]\n");
  }
  CHECK_FALSE(without_block(debian));
  CHECK_FALSE(without_block("# BEGIN flintctl: of somebody\n"));
}

TEST_CASE("a drop-in goes where every *.toml is imported by an absolute path") {
  const auto folder = [](const std::string& imports) {
    return drop_in_folder(parsed("imports = [" + imports + "]\n")).value_or("-");
  };
  CHECK(folder("\"/etc/containerd/conf.d/*.toml\"") == "/etc/containerd/conf.d");
  CHECK(folder("\"/a/b.toml\", \"/c/*.toml\"") == "/c");
  CHECK(folder("\"conf.d/*.toml\"") == "-");
  CHECK(folder("\"/etc/*/conf.d/*.toml\"") == "-");
  CHECK(folder("\"/etc/containerd/conf.d/*\"") == "-");
  CHECK_FALSE(drop_in_folder(parsed(debian)));
}

TEST_CASE("a drop-in names the version of what imports it, or none") {
  CHECK(parsed(drop_in_text(parsed("version = 3\n"), settings())).integer_or("version") == 3);
  const auto one = parsed(drop_in_text(parsed("imports = [\"/x/*.toml\"]\n"), settings()));
  CHECK(one.find("version") == nullptr);
  CHECK(one.find("plugins")->find("devmapper") != nullptr);
}

TEST_CASE("dumps are the same for others when only our table and the files' names differ") {
  const auto before = parsed(
      "version = 2\nimports = ['a']\nroot = '/r'\n[plugins.\"io.containerd.grpc.v1.cri\"]\na = "
      "1\n");
  const auto after = parsed(
      "imports = ['b', 'c']\nroot = '/r'\nversion = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n"
      "a = 1\n[plugins.\"io.containerd.snapshotter.v1.devmapper\"]\npool_name = 'pool'\n");
  CHECK(same_for_others(before, after));
  CHECK_FALSE(same_for_others(before, parsed("version = 2\nroot = '/r'\n")));
  CHECK_FALSE(same_for_others(before, parsed("version = 2\nroot = '/s'\n[plugins.\"io.containerd."
                                             "grpc.v1.cri\"]\na = 1\n")));
  CHECK_FALSE(has_table(after, settings()));
  CHECK(has_table(with_table(debian), settings()));
}

TEST_CASE("a pool that the host's containerd is configured for is known, also from a drop-in") {
  const Place place;
  const std::string path = place.root + "/config.toml";
  CHECK_FALSE(configured_for_pool(path, "pool"));
  place.write(path, with_block(debian, table_block(parsed(debian), settings())));
  CHECK(configured_for_pool(path, "pool"));
  CHECK_FALSE(configured_for_pool(path, "other"));
  place.write(path, "imports = ['" + place.root + "/conf.d/*.toml']\n");
  CHECK_FALSE(configured_for_pool(path, "pool"));
  place.write(place.root + "/conf.d/x.toml", drop_in_text(parsed("version = 2\n"), settings()));
  CHECK(configured_for_pool(path, "pool"));
  place.write(path, "[plugins.devmapper]\npool_name = 'first'\n");
  CHECK(configured_for_pool(path, "first"));
  place.write(path, "no TOML [");
  CHECK_FALSE(configured_for_pool(path, "pool"));
}
