// SPDX-License-Identifier: Apache-2.0
// What containerd 1.6, 1.7 and 2 make of our table in a configuration of the host's, by their own
// word: 1.x lets an imported table replace another whole, 2 merges them.
#include "provision/system_config.hpp"

#include <cstdlib>
#include <map>

#include "core/rollback.hpp"
#include "provision/containerd_system.hpp"
#include "provision/plan.hpp"
#include "provision/program_archive.hpp"
#include "support/catch.hpp"
#include "support/fake_services.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using namespace flintctl::provision;

namespace {

const char* const debian =
    "version = 2\n\n[plugins]\n  [plugins.\"io.containerd.grpc.v1.cri\"]\n"
    "    [plugins.\"io.containerd.grpc.v1.cri\".cni]\n      bin_dir = \"/usr/lib/cni\"\n"
    "  [plugins.\"io.containerd.internal.v1.opt\"]\n    path = \"/var/lib/containerd/opt\"\n";

/// A folder with the containerds, and files to show them.
struct Bench {
  std::string folder = "/tmp/flintctl-configs-XXXXXX";
  std::map<std::string, std::string> binaries;  ///< by version

  Bench() {
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    binaries["1.6"] = sys::find_program("containerd").value();
    const char* releases = std::getenv("FLINTCTL_TEST_CONTAINERDS");
    REQUIRE(releases != nullptr);
    for (const char* const version : {"1.7", "2"}) {
      const std::string home = folder + "/" + version;
      REQUIRE(sys::make_directories(home));
      REQUIRE(take_programs(std::string(releases) + "/containerd-" + version + ".tar.gz",
                            {"containerd"}, home));
      binaries[version] = home + "/containerd";
    }
  }
  ~Bench() { static_cast<void>(sys::remove_tree(folder)); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = folder + "/" + name;
    REQUIRE(sys::make_directories(path.substr(0, path.rfind('/'))));
    REQUIRE(sys::write_file_atomic(path, text, 0644));
    return path;
  }
};

ContainerdSettings settings() {
  ContainerdSettings settings;
  settings.pool = "pool";
  settings.snapshotter_root = "/var/lib/containerd/devmapper";
  return settings;
}

}  // namespace

TEST_CASE("every containerd takes the table, and nothing else changes its meaning") {
  const Bench bench;
  const std::string docker = "disabled_plugins = [\"cri\"]\n";
  for (const auto& [version, binary] : bench.binaries) {
    for (const std::string& text : {std::string(debian), docker, std::string("# nothing\n")}) {
      INFO(version << ": " << text);
      const auto document = data::parse_toml(text).value();
      const auto before = dump_containerd_config(binary, bench.write("config.toml", text));
      REQUIRE(before);
      const std::string block = table_block(document, settings());
      const auto appended =
          dump_containerd_config(binary, bench.write("config.toml", with_block(text, block)));
      REQUIRE(appended);
      CHECK(same_for_others(*before, *appended));
      CHECK(has_table(*appended, settings()));

      const std::string importing = "imports = [\"" + bench.folder + "/conf.d/*.toml\"]\n" + text;
      const auto with_imports = data::parse_toml(importing).value();
      const std::string path = bench.write("config.toml", importing);
      bench.write("conf.d/10.toml", drop_in_text(with_imports, settings()));
      const auto imported = dump_containerd_config(binary, path);
      REQUIRE(imported);
      CHECK(same_for_others(*before, *imported));
      CHECK(has_table(*imported, settings()));
    }
  }
}

TEST_CASE("our drop-in has every key, because 1.x lets it replace the table whole") {
  const Bench bench;
  const std::string text = "version = 2\nimports = [\"" + bench.folder + "/conf.d/*.toml\"]\n";
  const std::string path =
      bench.write("config.toml", text +
                                     "[plugins.\"io.containerd.snapshotter.v1.devmapper\"]\n"
                                     "pool_name = \"old\"\nroot_path = \"/old\"\n");
  bench.write("conf.d/10.toml",
              "version = 2\n[plugins.\"io.containerd.snapshotter.v1.devmapper\"]\n"
              "pool_name = \"pool\"\n");
  for (const auto& [version, binary] : bench.binaries) {
    INFO(version);
    const auto dump = dump_containerd_config(binary, path);
    REQUIRE(dump);
    const auto table = dumped_devmapper(*dump);
    CHECK(table.string_or("pool_name") == "pool");
    CHECK(table.string_or("root_path") == (version == "2" ? "/old" : ""));
  }
}

TEST_CASE("containerd is asked once about the same files") {
  const Bench bench;
  const sys::FactCache facts(bench.folder + "/facts");
  const std::string path = bench.write(
      "config.toml", "version = 2\nimports = [\"" + bench.folder + "/conf.d/*.toml\"]\n");
  const auto kept = [&] { return sys::list_directory(bench.folder + "/facts").value(); };
  const auto pool = [&] {
    const auto dump = consult_containerd_config(bench.binaries.at("1.6"), path, facts);
    REQUIRE(dump);
    return dumped_devmapper(*dump).string_or("pool_name");
  };
  CHECK(pool().empty());
  REQUIRE(kept().size() == 1);
  const std::string fact = bench.folder + "/facts/" + kept().front();
  const std::string said = sys::read_file(fact).value();
  CHECK(said.find("grpc") != std::string::npos);
  CHECK(said.find("cri") == std::string::npos);
  REQUIRE(sys::write_file_atomic(
      fact, "[plugins.'io.containerd.snapshotter.v1.devmapper']\npool_name = 'kept'\n", 0600));
  CHECK(pool() == "kept");
  const std::string table =
      "version = 2\n[plugins.\"io.containerd.snapshotter.v1.devmapper\"]\npool_name = ";
  bench.write("conf.d/1.toml", table + "\"new\"\n");
  CHECK(pool() == "new");
  CHECK(kept().size() == 2);
  // What imports more is asked about each time.
  bench.write("conf.d/1.toml", "imports = []\n" + table + "\"newer\"\n");
  CHECK(pool() == "newer");
  CHECK(kept().size() == 2);
}

TEST_CASE("what containerd does not take is quoted, and a table of ours twice is such") {
  const Bench bench;
  const auto document = data::parse_toml(debian).value();
  const std::string block = table_block(document, settings());
  const std::string path = bench.write("config.toml", with_block(with_block(debian, block), block));
  for (const auto& [version, binary] : bench.binaries) {
    INFO(version);
    const auto refused = dump_containerd_config(binary, path);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::invalid_argument);
    CHECK(refused.error().text().find("table") != std::string::npos);
  }
}

TEST_CASE("a configuration that chattr keeps from root is named before anything is recorded") {
  const Bench bench;
  const std::string path = bench.write("etc/config.toml", "version = 2\n");
  HostPaths paths;
  paths.etc = bench.folder + "/etc";
  paths.state = bench.folder + "/state";
  paths.run_directory = bench.folder + "/run";
  SystemContainerd wanted;
  wanted.config_path = path;
  wanted.pool = "pool";
  wanted.status = [](const std::string&) -> Result<ContainerdStatus> { return ContainerdStatus(); };
  testing::Fault fault;
  testing::FakeServices services(fault);
  Plan plan(paths, services);
  plan.add(std::make_unique<SystemContainerdStep>(paths, wanted, services));
  REQUIRE(allow_apply(plan.check()));
  REQUIRE(std::system(("chattr +i " + path).c_str()) == 0);
  const Rollback changeable([&] { CHECK(std::system(("chattr -i " + path).c_str()) == 0); });
  const auto refused = plan.apply([](const StepReport&) {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::permission_denied);
  CHECK(refused.error().hint() == "let it be changed: chattr -i -a " + path);
  CHECK_FALSE(sys::exists(paths.record() + "/record.json"));
}
