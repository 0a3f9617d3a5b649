// SPDX-License-Identifier: Apache-2.0
#include "thinpool/grow.hpp"

#include <algorithm>
#include <filesystem>

#include "fixture.hpp"
#include "thinpool/metadata.hpp"

using namespace flintctl;
using namespace flintctl::thinpool;

namespace {

struct GrowHost : testing::Host {
  Growth growth;
  GrowHost() {
    REQUIRE(ensure());
    REQUIRE(loops.find(metadata()));  // shows its lasting name, as the kernel does
    growth.pool = spec.name;
    growth.run_directory = spec.run_directory;
  }
  Result<Grown> grow() { return thinpool::grow(growth, driver, loops); }
  std::uint64_t table_sectors() { return driver.devices.at("pool").live.front().length_sectors; }
};

}  // namespace

TEST_CASE(
    "P13: growing makes file, loop device and table longer, and never leaves a pool suspended") {
  GrowHost host;
  host.growth.data_bytes = 128 * mib;
  const auto grown = host.grow();
  REQUIRE(grown);
  CHECK(grown->changed);
  CHECK(std::filesystem::file_size(host.data()) == 128 * mib);
  CHECK(host.table_sectors() == 128 * mib / 512);
  CHECK_FALSE(host.driver.devices.at("pool").suspended);
  CHECK_FALSE(host.grow()->changed);
}

TEST_CASE("metadata grows, and the table is read again") {
  GrowHost host;
  host.growth.metadata_bytes = 8 * mib;
  host.fault.calls.clear();
  REQUIRE(host.grow());
  CHECK(std::filesystem::file_size(host.metadata()) == 8 * mib);
  const auto& calls = host.fault.calls;
  CHECK(std::count(calls.begin(), calls.end(), "dm suspend") == 1);
  CHECK(std::count(calls.begin(), calls.end(), "dm resume") == 1);
}

TEST_CASE("a pool cannot shrink") {
  GrowHost host;
  host.growth.data_bytes = 32 * mib;
  const auto grown = host.grow();
  REQUIRE_FALSE(grown);
  CHECK(grown.error().code() == Code::invalid_argument);
  CHECK(std::filesystem::file_size(host.data()) == 64 * mib);
}

TEST_CASE("metadata is not made longer than the kernel uses") {
  GrowHost host;
  host.growth.metadata_bytes = 17 * gib;
  const auto grown = host.grow();
  REQUIRE_FALSE(grown);
  CHECK(grown.error().code() == Code::invalid_argument);
  CHECK(std::filesystem::file_size(host.metadata()) == 4 * mib);
}

TEST_CASE("a pool that is not active is not grown, and how to bring it back is said") {
  GrowHost host;
  host.reboot();
  host.growth.data_bytes = 128 * mib;
  const auto grown = host.grow();
  REQUIRE_FALSE(grown);
  CHECK(grown.error().code() == Code::not_found);
  CHECK(grown.error().text() == "growing thin pool 'pool': it is not active");
  CHECK(grown.error().hint().find("flintctl provision devpool --name pool") != std::string::npos);
}

TEST_CASE("space that the filesystem has not is not taken from it") {
  GrowHost host;
  const auto space = sys::filesystem_space(host.spec.directory);
  REQUIRE(space);
  host.growth.data_bytes = 64 * mib + space->available / mib * mib + gib;
  host.growth.allocation = Allocation::full;
  const auto grown = host.grow();
  REQUIRE_FALSE(grown);
  CHECK(grown.error().code() == Code::resource_exhausted);
  CHECK(grown.error().text().find("which has ") != std::string::npos);
  CHECK(std::filesystem::file_size(host.data()) == 64 * mib);
}

TEST_CASE("a pool that needs a check is not grown") {
  GrowHost host;
  host.driver.devices.at("pool").status =
      "0 10/1024 0/1024 - ro discard_passdown queue_if_no_space needs_check 1024";
  host.growth.data_bytes = 128 * mib;
  const auto grown = host.grow();
  REQUIRE_FALSE(grown);
  CHECK(grown.error().code() == Code::data_loss);
  CHECK(grown.error().hint().starts_with("flintctl pool repair pool --directory " +
                                         host.spec.directory));
}

TEST_CASE("a growth that failed at any call is finished by the next, and the pool is awake") {
  for (int n = 1;; ++n) {
    GrowHost host;
    host.growth.data_bytes = 128 * mib;
    host.growth.metadata_bytes = 8 * mib;
    host.fault.calls.clear();
    host.fault.fail_at = n;
    const auto grown = host.grow();
    if (!host.fault.struck) break;
    INFO("call " << n);
    CHECK_FALSE(grown);
    CHECK_FALSE(host.driver.devices.at("pool").suspended);
    REQUIRE(host.grow());
    CHECK(host.table_sectors() == 128 * mib / 512);
  }
}

namespace {

/// LVM with the group "v" of one pool "p", and 200 MiB left in it.
class FakeLvm final : public lvm::Tools {
 public:
  std::vector<std::string> ran;
  bool available() override { return true; }
  Result<std::string> run(const std::vector<std::string>& words) override {
    if (words.front() == "fullreport") {
      return std::string(
          R"({"report":[{"vg":[{"vg_name":"v","vg_free":"209715200","vg_extent_size":"4194304"}],)"
          R"("pv":[],"lv":[{"lv_uuid":"L","lv_name":"p","lv_size":"67108864",)"
          R"("lv_metadata_size":"4194304"}],"seg":[{"lv_uuid":"L","segtype":"thin-pool"}]}]})");
    }
    ran.push_back(words.at(1) + " " + words.at(2) + " " + words.at(3));
    return std::string();
  }
};

struct LogicalHost : testing::Host {
  FakeLvm lvm;
  Growth growth;
  LogicalHost() {
    auto& pool = driver.add("v-p", {0, 131072, "thin-pool", "254:8 254:9 128 0"},
                            "0 10/1024 0/1024 - rw discard_passdown queue_if_no_space - 1024");
    pool.uuid = "LVM-abc-tpool";
    growth.pool = "v-p";
    growth.run_directory = root + "/run";
  }
  Result<Grown> grow() { return grow_logical(growth, driver, loops, lvm); }
};

}  // namespace

TEST_CASE("a pool of LVM's is grown by LVM, in whole extents") {
  LogicalHost host;
  REQUIRE(is_logical(*host.driver.info("v-p")));
  host.growth.data_bytes = 65 * mib;
  host.growth.metadata_bytes = 8 * mib;
  REQUIRE(host.grow());
  CHECK(host.lvm.ran ==
        std::vector<std::string>{"--poolmetadatasize +4194304b v/p", "--size +4194304b v/p"});
  host.growth.data_bytes = 64 * mib;
  host.growth.metadata_bytes.reset();
  CHECK_FALSE(host.grow()->changed);
}

TEST_CASE("LVM is not asked for what its group has not") {
  LogicalHost host;
  // The spare takes as much again as the metadata.
  host.growth.metadata_bytes = 108 * mib;
  const auto grown = host.grow();
  REQUIRE_FALSE(grown);
  CHECK(grown.error().code() == Code::resource_exhausted);
  CHECK(grown.error().hint() == "add a disk: vgextend v DISK");
  host.growth.metadata_bytes.reset();
  host.growth.data_bytes = 32 * mib;
  CHECK(host.grow().error().code() == Code::invalid_argument);
  host.driver.devices.at("v-p").status =
      "0 10/1024 0/1024 - ro discard_passdown queue_if_no_space needs_check 1024";
  CHECK(host.grow().error().code() == Code::data_loss);
  CHECK(host.lvm.ran.empty());
}

TEST_CASE("metadata is checked before a pool comes back") {
  testing::Host host;
  REQUIRE(host.ensure());
  host.reboot();
  host.spec.thin_check = "false";
  const auto back = host.ensure();
  REQUIRE_FALSE(back);
  CHECK(back.error().code() == Code::data_loss);
  CHECK(back.error().hint().find("pool repair") != std::string::npos);
  CHECK(host.driver.devices.empty());
}

TEST_CASE("a host without thin_check is told so, unless the pool needs it") {
  testing::Host host;
  REQUIRE(host.ensure());
  host.reboot();
  host.spec.thin_check = "no-such-program";
  const auto back = host.ensure();
  REQUIRE(back);
  REQUIRE_FALSE(back->warnings.empty());
  CHECK(back->warnings.front().find("not checked") != std::string::npos);

  host.reboot();
  testing::overwrite(host.metadata(), testing::superblock_bytes(1024, 128, 1));
  const auto refused = host.ensure();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::host_not_ready);
}

TEST_CASE("repair is refused while the pool is active, and leaves sound metadata alone") {
  testing::Host host;
  REQUIRE(host.ensure());
  const auto refused = repair(host.spec, host.driver, host.loops);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::aborted);
  host.reboot();
  const auto sound = repair(host.spec, host.driver, host.loops);
  REQUIRE(sound);
  CHECK_FALSE(sound->changed);
}
