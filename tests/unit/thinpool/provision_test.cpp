// SPDX-License-Identifier: Apache-2.0
#include "thinpool/provision.hpp"

#include <algorithm>
#include <filesystem>

#include "fixture.hpp"
#include "lvm/names.hpp"
#include "sys/lock.hpp"
#include "thinpool/pool.hpp"

using namespace flintctl;
using testing::Host;
using testing::overwrite;
using testing::superblock_bytes;
using thinpool::Change;

namespace {

bool mentions(const std::vector<std::string>& sentences, const std::string& word) {
  for (const std::string& sentence : sentences) {
    if (sentence.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a pool is created, then unchanged, then reattached after a reboot") {
  Host host;
  const auto created = host.ensure();
  REQUIRE(created);
  CHECK(created->change == Change::created);
  CHECK(created->line.text() == "0 131072 thin-pool 7:0 7:1 128 32768");
  CHECK(host.driver.devices.at("pool").uuid == "FLINTCTL-pool-pool");
  CHECK(host.driver.devices.at("pool").has_node);
  CHECK(host.loops.devices.size() == 2);
  CHECK(sys::list_directory(host.spec.directory).value_or({}) ==
        std::vector<std::string>{"data", "metadata"});

  const auto again = host.ensure();
  REQUIRE(again);
  CHECK(again->change == Change::unchanged);
  CHECK(again->differences.empty());

  host.reboot();
  overwrite(host.data(), "a guest's disk");
  const auto back = host.ensure();
  REQUIRE(back);
  CHECK(back->change == Change::reattached);
  CHECK(sys::read_file(host.data(), 128 * mib)->starts_with("a guest's disk"));
  CHECK(host.loops.devices.size() == 2);
}

TEST_CASE("a failure of any one call leaves nothing, and the next run succeeds") {
  int failures = 0;
  for (int n = 1;; ++n) {
    Host host;
    host.fault.fail_at = n;
    const auto result = host.ensure();
    if (!host.fault.struck) {
      REQUIRE(result);
      break;
    }
    CAPTURE(n, host.fault.calls.back());
    ++failures;
    // A lookup that fails while something else is being asked need not be fatal; what counts is
    // that a reported failure has left nothing.
    if (!result) {
      CHECK(host.driver.devices.empty());
      CHECK(host.loops.devices.empty());
      CHECK_FALSE(sys::exists(host.root + "/deep"));
      CHECK(host.ensure()->change == Change::created);
    } else {
      CHECK(host.ensure()->change == Change::unchanged);
    }
  }
  CHECK(failures >= 10);
}

TEST_CASE("a failure while reattaching keeps every byte and leaves no device") {
  for (int n = 1;; ++n) {
    Host host;
    REQUIRE(host.ensure());
    host.reboot();
    overwrite(host.data(), "a guest's disk");
    const auto before = sys::read_file(host.metadata(), 32 * mib);
    REQUIRE(before);
    host.fault.calls.clear();
    host.fault.fail_at = n;
    const auto result = host.ensure();
    if (!host.fault.struck) {
      REQUIRE(result);
      break;
    }
    CAPTURE(n, host.fault.calls.back());
    if (!result) {
      CHECK(host.driver.devices.empty());
      CHECK(host.loops.devices.empty());
    }
    CHECK(sys::read_file(host.data(), 128 * mib)->starts_with("a guest's disk"));
    CHECK(*sys::read_file(host.metadata(), 32 * mib) == *before);
    CHECK(host.ensure());
  }
}

TEST_CASE("loop devices that are attached already are used, not doubled") {
  Host host;
  REQUIRE(host.ensure());
  host.driver.devices.clear();
  const auto back = host.ensure();
  REQUIRE(back);
  CHECK(back->change == Change::reattached);
  CHECK(host.loops.devices.size() == 2);
}

TEST_CASE("loop devices that were there before survive a failure") {
  Host host;
  REQUIRE(host.ensure());
  host.driver.devices.clear();
  host.driver.on_resume = [](auto&) { return Error(Code::unknown, "no"); };
  CHECK_FALSE(host.ensure());
  CHECK(host.loops.devices.size() == 2);
  CHECK(host.driver.devices.empty());
}

TEST_CASE("a pool that another tool made is adopted, and what differs is said") {
  Host host;
  REQUIRE(host.ensure());
  host.driver.devices.at("pool").live.front().params += " 1 skip_block_zeroing";
  host.spec.low_water_blocks = 7;
  host.spec.data_bytes = 128 * mib;
  const auto adopted = host.ensure();
  REQUIRE(adopted);
  CHECK(adopted->change == Change::adopted);
  CHECK(adopted->differences.size() == 3);
  CHECK(mentions(adopted->differences, "skip_block_zeroing"));
  CHECK(mentions(adopted->differences, "low water mark is 32768 blocks, not the 7"));
  CHECK(mentions(adopted->differences, "data size is 64 MiB, not the 128 MiB asked for"));
  CHECK(mentions(adopted->differences, "flintctl pool grow pool --data-size 134217728"));
  host.spec.data_bytes = 32 * mib;
  CHECK_FALSE(mentions(host.ensure()->differences, "pool grow"));
}

TEST_CASE("a pool on other files is adopted with a word about where they are") {
  Host host;
  REQUIRE(host.ensure());
  host.spec.directory = host.root + "/elsewhere";
  const auto adopted = host.ensure();
  REQUIRE(adopted);
  CHECK(adopted->change == Change::adopted);
  CHECK(mentions(adopted->differences, "/deep/pool/data, not in"));
  CHECK(adopted->directory == host.root + "/deep/pool");
  CHECK_FALSE(sys::exists(host.spec.directory));
}

TEST_CASE("at boot a pool is brought back, and never made") {
  Host host;
  host.spec.absent = thinpool::Spec::Absent::refuse;
  const auto refused = host.ensure();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::not_found);
  CHECK(host.driver.devices.empty());
  CHECK(host.loops.devices.empty());
  CHECK_FALSE(sys::exists(host.root + "/deep"));
  host.spec.absent = thinpool::Spec::Absent::make;
  REQUIRE(host.ensure());
  host.reboot();
  host.spec.absent = thinpool::Spec::Absent::refuse;
  CHECK(host.ensure()->change == Change::reattached);
}

namespace {

/// LVM that has an inactive pool "p" in the group "v", or is not installed.
class FakeLvm final : public lvm::Tools {
 public:
  bool installed = true;
  bool available() override { return installed; }
  Result<std::string> run(const std::vector<std::string>&) override {
    if (!installed) return Error(Code::host_not_ready, "no lvm");
    return std::string(R"({"report":[{"vg":[{"vg_name":"v"}],"pv":[],"lv":[{"lv_uuid":"L",)"
                       R"("lv_name":"p"}],"seg":[{"lv_uuid":"L","segtype":"thin-pool"}]}]})");
  }
};

}  // namespace

TEST_CASE("a pool of LVM's does not become one on files, active or not") {
  Host host;
  host.spec.name = "v-p";
  auto& pool = host.driver.add("v-p", {0, 131072, "thin-pool", "254:8 254:9 128 0"},
                               "0 10/1024 0/1024 - rw discard_passdown queue_if_no_space - 1024");
  pool.uuid = "LVM-abc-tpool";
  for (const auto& result : {host.ensure(), host.plan()}) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::already_exists);
    CHECK(result.error().hint() == "flintctl provision lvm --vg v --lv p");
  }
  FakeLvm lvm;
  const auto refuse = [&](const std::string& name) {
    return thinpool::refuse_logical(name, host.root, lvm);
  };
  CHECK(refuse("v-p").error().code() == Code::already_exists);
  CHECK(refuse("v-other"));
  CHECK(refuse("flintlock-dev-thinpool"));
  // Its disk may be away: what provisioning wrote for it is there.
  lvm.installed = false;
  CHECK(refuse("v-p"));
  const std::string profile = lvm::profile_path(host.root, "v-p");
  REQUIRE(sys::make_directories(profile.substr(0, profile.rfind('/'))));
  std::ofstream(profile) << "activation {}\n";
  CHECK(refuse("v-p").error().code() == Code::already_exists);
}

TEST_CASE("a folder that the whole host uses is no place for a pool") {
  Host host;
  host.spec.directory = "/var/lib/";
  const auto refused = thinpool::check(host.spec);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::invalid_argument);
  CHECK(refused.error().text().find("/var/lib/") != std::string::npos);
}

TEST_CASE("sizes that were not asked for are no difference") {
  Host host;
  REQUIRE(host.ensure());
  host.spec.data_bytes.reset();
  host.spec.metadata_bytes.reset();
  CHECK(host.ensure()->change == Change::unchanged);
  host.reboot();
  const auto back = host.ensure();
  CHECK(back->change == Change::reattached);
  CHECK(back->differences.empty());
}

TEST_CASE("the block size of existing metadata is kept") {
  Host host;
  REQUIRE(host.ensure());
  host.reboot();
  overwrite(host.metadata(), superblock_bytes(512, 256));
  const auto back = host.ensure();
  REQUIRE(back);
  CHECK(back->line.text() == "0 131072 thin-pool 7:0 7:1 256 32768");
  CHECK(mentions(back->differences, "block size is 128 KiB"));
}

TEST_CASE("a name that belongs to something else is refused") {
  Host host;
  SECTION("another kind of device") { host.driver.add("pool", {0, 8, "linear", "8:1 0"}, ""); }
  SECTION("somebody's device without a table") { host.driver.devices["pool"].uuid = "LVM-abc"; }
  const auto result = host.ensure();
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::already_exists);
  CHECK_FALSE(result.error().hint().empty());
  CHECK(host.driver.devices.size() == 1);
  CHECK(host.loops.devices.empty());
  CHECK_FALSE(sys::exists(host.root + "/deep"));
}

TEST_CASE("what a killed run left is finished") {
  Host host;
  SECTION("a device without a table") {
    host.driver.devices["pool"].uuid = thinpool::pool_uuid("pool");
    CHECK(host.ensure()->change == Change::created);
  }
  SECTION("blank files") {
    REQUIRE(sys::make_directories(host.spec.directory));
    std::ofstream(host.data()).close();
    std::ofstream(host.metadata() + ".new").close();
    CHECK(host.ensure()->change == Change::created);
    CHECK(host.driver.devices.at("pool").live.front().length_sectors == 131072);
  }
  SECTION("half-written metadata that no pool ran on") {
    REQUIRE(sys::make_directories(host.spec.directory));
    std::ofstream(host.data()).close();
    std::ofstream(host.metadata() + ".new") << std::string(8192, 'x');
    CHECK(host.ensure()->change == Change::created);
  }
  SECTION("a live pool whose metadata has not its name yet") {
    REQUIRE(host.ensure());
    REQUIRE(::rename(host.metadata().c_str(), (host.metadata() + ".new").c_str()) == 0);
    const auto result = host.ensure();
    REQUIRE(result);
    CHECK(result->change == Change::unchanged);
  }
  SECTION("the same after a reboot") {
    REQUIRE(host.ensure());
    REQUIRE(::rename(host.metadata().c_str(), (host.metadata() + ".new").c_str()) == 0);
    host.reboot();
    CHECK(host.ensure()->change == Change::reattached);
  }
  CHECK(sys::list_directory(host.spec.directory).value_or({}) ==
        std::vector<std::string>{"data", "metadata"});
}

TEST_CASE("files that another device uses are refused") {
  Host host;
  REQUIRE(host.ensure());
  host.spec.name = "second";
  const auto result = host.ensure();
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::already_exists);
  CHECK(result.error().text().find("'pool'") != std::string::npos);
  CHECK(host.driver.devices.size() == 1);
  CHECK(host.loops.devices.size() == 2);
}

TEST_CASE("a pool that can outgrow its filesystem is made with a warning") {
  Host host;
  host.spec.data_bytes = std::uint64_t{1} << 42U;  // 4 TiB, within what ext4 lets a file be
  const auto result = host.ensure();
  REQUIRE(result);
  CHECK(mentions(result->warnings, "the pool can grow by"));
}

TEST_CASE("files that others may open are warned of") {
  Host host;
  REQUIRE(host.ensure());
  CHECK(host.ensure()->warnings.empty());
  std::filesystem::permissions(host.data(), std::filesystem::perms::all);
  CHECK(mentions(host.ensure()->warnings, "chmod o= " + host.data()));
}

TEST_CASE("a pool in trouble is reported, not touched") {
  Host host;
  REQUIRE(host.ensure());
  host.driver.devices.at("pool").status =
      "1 20/512 1000/1024 - ro discard_passdown queue_if_no_space needs_check 1024";
  const auto result = host.ensure();
  REQUIRE(result);
  CHECK(result->change == Change::unchanged);
  REQUIRE(result->unwell);
  CHECK(result->unwell->message().find("read-only") != std::string::npos);
  CHECK(result->unwell->hint() == "flintctl pool repair pool --directory " + host.spec.directory);
  host.driver.devices.at("pool").status = "Fail";
  CHECK(host.ensure()->unwell->message().find("has failed") != std::string::npos);
}

TEST_CASE("a pool that fails as soon as it is active is taken away again") {
  Host host;
  host.driver.on_resume = [](auto& entry) {
    entry.status = "Fail";
    return Result<>();
  };
  const auto result = host.ensure();
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::data_loss);
  CHECK(host.driver.devices.empty());
  CHECK(host.loops.devices.empty());
}

TEST_CASE("a plan changes nothing") {
  Host host;
  const auto plan = host.plan();
  REQUIRE(plan);
  CHECK(plan->change == Change::created);
  CHECK(plan->line.text() == "0 131072 thin-pool <metadata> <data> 128 32768");
  CHECK_FALSE(sys::exists(host.root + "/deep"));
  CHECK_FALSE(sys::exists(host.root + "/run"));
  REQUIRE(host.ensure());
  CHECK(host.plan()->change == Change::unchanged);
  host.reboot();
  CHECK(host.plan()->change == Change::reattached);
  CHECK(host.loops.devices.empty());
}

TEST_CASE("a plan on a host without device-mapper is made by the files") {
  Host host;
  CHECK(thinpool::plan_inactive(host.spec)->change == Change::created);
  REQUIRE(host.ensure());
  const auto planned = thinpool::plan_inactive(host.spec);
  REQUIRE(planned);
  CHECK(planned->change == Change::reattached);
  CHECK(planned->line.length_sectors == 131072);
}

TEST_CASE("a low water mark above the pool is refused before anything is made") {
  Host host;
  host.spec.low_water_blocks = 99'999'999'999;
  for (const auto& refused : {host.ensure(), thinpool::plan_inactive(host.spec)}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::invalid_argument);
    CHECK_FALSE(refused.error().hint().empty());
  }
  CHECK_FALSE(sys::exists(host.spec.directory));
}

TEST_CASE("a file that may not be written is no matter of the kernel's log") {
  Host rehearsal;
  REQUIRE(rehearsal.ensure());
  const auto& calls = rehearsal.fault.calls;
  const auto attach = std::find(calls.begin(), calls.end(), "loop attach");
  REQUIRE(attach != calls.end());
  Host host;
  host.fault.code = Code::permission_denied;
  host.fault.fail_at = static_cast<int>(attach - calls.begin()) + 1;
  const auto made = host.ensure();
  REQUIRE_FALSE(made);
  CHECK(made.error().hint().find("lsattr") != std::string_view::npos);
}

TEST_CASE("a plan without rights looks at names and files") {
  Host host;
  const auto fresh = thinpool::plan_unprivileged(host.spec);
  REQUIRE(fresh);
  CHECK(fresh->change == Change::created);
  CHECK_FALSE(fresh->warnings.empty());
  REQUIRE(host.ensure());
  CHECK(thinpool::plan_unprivileged(host.spec)->change == Change::reattached);
}

TEST_CASE("impossible wishes are refused before anything is touched") {
  Host host;
  SECTION("name") { host.spec.name = "a b"; }
  SECTION("directory") { host.spec.directory = "relative"; }
  SECTION("data") { host.spec.data_bytes = 1; }
  SECTION("little metadata") { host.spec.metadata_bytes = mib; }
  SECTION("much metadata") { host.spec.metadata_bytes = 17 * gib; }
  for (const auto& result : {host.ensure(), host.plan()}) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::invalid_argument);
    CHECK(!result.error().hint().empty());
  }
  CHECK(host.fault.calls.empty());
  CHECK_FALSE(sys::exists(host.root + "/run"));
}

TEST_CASE("a second run waits for the first, and no longer than it may") {
  Host host;
  host.spec.lock_wait = std::chrono::milliseconds(0);
  const auto lock = sys::FileLock::acquire(sys::lock_path(host.spec.run_directory, "pool"));
  REQUIRE(lock);
  const auto result = host.ensure();
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::aborted);
  CHECK(host.fault.calls.empty());
}

TEST_CASE("a pool is read with its volumes, and not with those of others") {
  Host host;
  REQUIRE(host.ensure());
  auto& pool = host.driver.devices.at("pool");
  pool.status = "3 10/1024 512/1024 - rw discard_passdown queue_if_no_space - 1024";
  const std::string number = pool.number.text();
  host.driver.add("pool-snap-2", {0, 20480, "thin", number + " 2"}, "2048 20479");
  host.driver.add("pool-snap-1", {0, 20480, "thin", number + " 1"}, "Fail");
  host.driver.add("other-snap-1", {0, 20480, "thin", "99:1 1"}, "0 -");
  host.driver.add("disk", {0, 20480, "linear", "8:0 0"}, "");
  const auto read = thinpool::inspect("pool", host.driver, host.loops);
  REQUIRE(read);
  REQUIRE(read->volumes.size() == 2);
  CHECK(read->volumes[0].name == "pool-snap-1");
  CHECK_FALSE(read->volumes[0].mapped_bytes);
  CHECK(read->volumes[1].mapped_bytes == std::optional<std::uint64_t>(mib));
  CHECK(read->data_used_bytes() == 32 * mib);
  CHECK(read->data_total_bytes() == 64 * mib);
  CHECK(read->metadata_used_bytes() == 40 * kib);
  CHECK(read->below_low_water());
  CHECK(thinpool::free_bytes("pool", host.driver, host.loops).value_or(0) == 32 * mib);
  REQUIRE(read->data.loop);
  CHECK(read->data.loop->backing_file == host.data());
  CHECK(thinpool::list(host.driver).value_or({}) == std::vector<std::string>{"pool"});
  CHECK(thinpool::inspect("absent", host.driver, host.loops).error().code() == Code::not_found);
  CHECK(thinpool::inspect("disk", host.driver, host.loops).error().code() == Code::already_exists);
  CHECK(thinpool::free_bytes("absent", host.driver, host.loops).error().code() == Code::not_found);
  CHECK(thinpool::free_bytes("disk", host.driver, host.loops).error().code() ==
        Code::already_exists);
}
