// SPDX-License-Identifier: Apache-2.0
// The production pool, with LVM's programs and disks that exist only as text.
#include "provision/lvm_step.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "fake_lvm.hpp"
#include "place.hpp"
#include "provision/plan.hpp"
#include "unit/thinpool/fixture.hpp"

using namespace flintctl;
using namespace flintctl::provision;
using testing::FakeLvm;
using testing::Place;

namespace {

/// One disk, /dev/sdb, on which lies what LVM or a test put there.
class FakeDisks final : public Disks {
 public:
  std::vector<disk::Signature> signatures;
  bool wiped = false;

  explicit FakeDisks(FakeLvm& lvm) : lvm_(lvm) {}
  Result<disk::Disk> inspect(const std::string& path) override {
    if (path != "/dev/sdb") return Error(Code::not_found, "no " + path);
    disk::Disk disk;
    disk.path = path;
    disk.size_bytes = gib;
    disk.signatures = signatures;
    const auto add = [&](const std::string& uuid) {
      disk.signatures.push_back({"LVM2_member", uuid, {}});
    };
    for (const std::string& uuid : lvm_.orphans) add(uuid);
    for (const auto& [name, uuid] : lvm_.groups) add(uuid);
    disk.blank = disk.signatures.empty();
    return disk;
  }
  Result<> wipe(const disk::Disk&) override {
    wiped = true;
    signatures.clear();
    return {};
  }
  Result<std::vector<disk::Disk>> free() override {
    return std::vector<disk::Disk>{TRY(inspect("/dev/sdb"))};
  }

 private:
  FakeLvm& lvm_;
};

class FakeDrivers final : public PoolDrivers {
 public:
  explicit FakeDrivers(testing::Fault& fault) : lvm_(fault) {}
  Result<devmapper::Driver*> devmapper() override { return Error(Code::host_not_ready, "none"); }
  Result<loop::Driver*> loops() override { return Error(Code::host_not_ready, "none"); }
  FakeLvm& lvm() override { return lvm_; }
  FakeDisks& disks() override { return disks_; }

 private:
  FakeLvm lvm_;
  FakeDisks disks_{lvm_};
};

struct LvmHost : Place {
  FakeDrivers drivers{fault};
  FakeLvm& lvm = drivers.lvm();
  LvmSpec spec;
  std::vector<std::string> notes;

  LvmHost() { spec.disk = "/dev/sdb"; }
  Plan plan() {
    Plan plan(paths, services);
    plan.add(std::make_unique<LvmStep>(paths, spec, drivers, services));
    return plan;
  }
  Result<> apply() {
    return plan().apply([this](const StepReport& report) { notes = report.notes; });
  }
  Result<> reset(Data data) {
    return plan().reset(data, [](const UndoReport&) {});
  }
  StepReport check() { return std::move(plan().check().front()); }
  [[nodiscard]] std::string unit() const {
    return read(paths.units() + "/flintctl-pool-flintlock-thinpool.service");
  }
};

std::string refusal(LvmHost& host) {
  const std::size_t ran = host.lvm.ran.size();
  const auto applied = host.apply();
  REQUIRE_FALSE(applied);
  CHECK(host.lvm.ran.size() == ran);
  CHECK(host.recorded() == 0);
  return applied.error().text() + " " + std::string(applied.error().hint());
}

}  // namespace

TEST_CASE("a pool is made on the named disk, zeroing, and kept off no other's") {
  LvmHost host;
  CHECK(host.check().finding.items.front().detail == "on /dev/sdb, 1 GiB");
  REQUIRE(host.apply());
  CHECK(host.check().in_place());
  REQUIRE(host.lvm.ran.size() == 3);
  CHECK(host.lvm.ran[0].starts_with("pvcreate --uuid flntct-"));
  CHECK(host.lvm.ran[0].ends_with(" --norestorefile /dev/sdb"));
  CHECK(host.lvm.ran[1] == "vgcreate flintlock /dev/sdb");
  CHECK(host.lvm.ran[2].find("--type thin-pool --name thinpool ") != std::string::npos);
  CHECK(host.lvm.ran[2].find(" --chunksize 65536b --zero y ") != std::string::npos);
  for (const std::string& line : host.lvm.ran) CHECK(line.find("force") == std::string::npos);
  host.lvm.ran.clear();
  REQUIRE(host.apply());
  CHECK(host.lvm.ran.empty());
}

TEST_CASE("a pool that is smaller than asked for is used, with the command that makes it larger") {
  LvmHost host;
  REQUIRE(host.apply());
  CHECK(host.check().in_place());
  host.spec.data_bytes = 900 * mib;
  const std::vector<std::string> said = host.check().finding.warnings;
  CHECK(std::any_of(said.begin(), said.end(), [](const std::string& warning) {
    return warning.find("not the 900 MiB asked for: flintctl pool grow") != std::string::npos;
  }));
  host.spec.data_bytes = 100 * mib;  // extended since
  for (const std::string& warning : host.check().finding.warnings) {
    CHECK(warning.find("asked for") == std::string::npos);
  }
}

TEST_CASE("P2: the profile is attached, watched, and read back") {
  LvmHost host;
  host.lvm.monitoring_works = false;
  const auto applied = host.apply();
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code() == Code::host_not_ready);
  CHECK(applied.error().text().find("does not watch it") != std::string::npos);
  host.lvm.monitoring_works = true;
  REQUIRE(host.apply());
  const std::string profile =
      Place::read(host.paths.etc + "/lvm/profile/flintctl-flintlock-thinpool.profile");
  CHECK(profile.find("thin_pool_autoextend_threshold=80\n") != std::string::npos);
  CHECK(profile.find("thin_pool_autoextend_percent=20\n") != std::string::npos);
  CHECK(host.lvm.pools.at("flintlock").profile == "flintctl-flintlock-thinpool");

  host.lvm.pools.at("flintlock").profile.clear();
  CHECK_FALSE(host.check().in_place());
  REQUIRE(host.apply());
  CHECK(host.lvm.pools.at("flintlock").profile == "flintctl-flintlock-thinpool");
  host.lvm.pools.at("flintlock").monitored = false;
  CHECK_FALSE(host.check().in_place());
  REQUIRE(host.apply());
  CHECK(host.lvm.pools.at("flintlock").monitored);
}

TEST_CASE("P7: a free disk is shown and never taken unless it is named") {
  LvmHost host;
  host.spec.disk.clear();
  const StepReport report = host.check();
  CHECK_FALSE(report.in_place());
  CHECK(report.finding.items.front().detail ==
        "no disk is named; free: /dev/sdb (1 GiB); take one with --disk /dev/sdb");
  CHECK(refusal(host).find("never taken unless it is named") != std::string::npos);
}

TEST_CASE("a disk that is not there is refused with the command that shows which are") {
  LvmHost host;
  host.spec.disk = "/dev/nothing";
  CHECK(refusal(host).find("flintctl provision lvm --dry-run") != std::string::npos);
}

TEST_CASE("P7: a disk with something on it is refused, and erased only when named again") {
  LvmHost host;
  host.drivers.disks().signatures = {{"ext4", {}, "home"}};
  CHECK(host.check().error);
  const std::string said = refusal(host);
  CHECK(said.find("it has ext4 'home'") != std::string::npos);
  CHECK(said.find("--wipe /dev/sdb") != std::string::npos);
  CHECK_FALSE(host.drivers.disks().wiped);
  host.spec.wipe = "/dev/sdc";
  CHECK(refusal(host).find("not the disk that --disk names") != std::string::npos);
  host.spec.wipe = "/dev/sdb";
  CHECK(host.check().finding.items.front().detail.find("erases its ext4") != std::string::npos);
  REQUIRE(host.apply());
  CHECK(host.drivers.disks().wiped);
  CHECK(host.notes.front().find("had ext4, which is erased") != std::string::npos);
}

TEST_CASE("P7: a disk of another volume group is refused even when named again") {
  LvmHost host;
  host.lvm.groups["root-vg"] = "XeyqsbGG";
  host.spec.wipe = host.spec.disk;
  CHECK(refusal(host).find("is a physical volume of the volume group 'root-vg'") !=
        std::string::npos);
}

TEST_CASE("P8: another group whose name begins like ours is another") {
  LvmHost host;
  host.lvm.groups["flintlock-dev"] = "XeyqsbGG";
  host.lvm.pools["flintlock-dev"] = {};
  host.spec.disk.clear();
  const StepReport report = host.check();
  REQUIRE_FALSE(report.error);
  CHECK(report.finding.items.front().state == State::missing);
}

TEST_CASE("a group of another's without the pool is not filled") {
  LvmHost host;
  host.lvm.groups["flintlock"] = "XeyqsbGG";
  CHECK(refusal(host).find("exists and has no thin pool 'thinpool'") != std::string::npos);
}

TEST_CASE("a pool in which LVM has volumes of its own is not shared") {
  LvmHost host;
  host.lvm.groups["flintlock"] = "XeyqsbGG";
  host.lvm.pools["flintlock"].thin_count = 2;
  CHECK(refusal(host).find("LVM keeps 2 volumes of its own") != std::string::npos);
}

TEST_CASE("a pool by another tool is used as it is, but for the profile, and is not undone") {
  LvmHost host;
  host.lvm.groups["flintlock"] = "XeyqsbGG";
  host.lvm.pools["flintlock"] = {"theirs", "", true, false, 0};
  REQUIRE(host.apply());
  const StepReport report = host.check();
  CHECK(report.in_place());
  CHECK(report.finding.warnings.front().find("does not zero new blocks") != std::string::npos);
  REQUIRE(host.reset(Data::remove));
  CHECK(host.lvm.pools.at("flintlock").profile == "theirs");
  CHECK(host.lvm.groups.count("flintlock") == 1);
  CHECK(host.recorded() == 0);
}

TEST_CASE("the unit waits for the pool's disks and comes before containerd") {
  LvmHost host;
  REQUIRE(host.apply());
  const std::string text = host.unit();
  INFO(text);
  CHECK(text.find("Before=containerd.service\n") != std::string::npos);
  CHECK(text.find("dev-disk-by\\x2did-lvm\\x2dpv\\x2duuid\\x2dflntct\\x2d") != std::string::npos);
  CHECK(text.find(" provision lvm --at-boot --vg flintlock --lv thinpool\n") != std::string::npos);
  CHECK(text.find("--disk") == std::string::npos);
}

TEST_CASE("a reboot's pool is active and watched again, and nothing is made at boot") {
  LvmHost host;
  LvmStep step(host.paths, host.spec, host.drivers, host.services);
  CHECK(step.restore().error().code() == Code::not_found);
  CHECK(host.lvm.ran.empty());
  REQUIRE(host.apply());
  host.lvm.pools.at("flintlock").active = false;
  host.lvm.pools.at("flintlock").monitored = false;
  CHECK_FALSE(host.check().in_place());
  REQUIRE(step.restore());
  CHECK(host.check().in_place());
}

TEST_CASE("zeroing that was turned off is turned on again in a group of ours") {
  LvmHost host;
  REQUIRE(host.apply());
  host.lvm.pools.at("flintlock").zero = "";
  CHECK_FALSE(host.check().in_place());
  REQUIRE(host.apply());
  CHECK(host.lvm.ran.back() == "lvchange --zero y flintlock/thinpool");
  CHECK(host.check().in_place());
}

TEST_CASE("undone, the pool is not active; its data goes only when that is asked for") {
  LvmHost host;
  REQUIRE(host.apply());
  REQUIRE(host.reset(Data::keep));
  CHECK_FALSE(host.lvm.pools.at("flintlock").active);
  CHECK(host.lvm.pools.at("flintlock").profile.empty());
  CHECK(host.recorded() == 3);  // pool, group, disk
  REQUIRE(host.apply());
  CHECK(host.check().in_place());
  CHECK_FALSE(host.drivers.disks().wiped);
  REQUIRE(host.reset(Data::remove));
  CHECK(host.lvm.groups.empty());
  CHECK(host.lvm.orphans.empty());
  CHECK(host.drivers.disks().wiped);  // a disk that is taken again has to be blank
  CHECK(host.recorded() == 0);
}

TEST_CASE("failed at any call, the next run ends well and reset leaves nothing") {
  for (int n = 1;; ++n) {
    LvmHost host;
    host.fault.fail_at = n;
    if (host.apply()) {
      CHECK(n > 4);
      break;
    }
    INFO("failed at call " << n);
    host.fault.fail_at = 0;
    if (n % 2 == 0) {
      REQUIRE(host.apply());
      CHECK(host.check().in_place());
    }
    REQUIRE(host.reset(Data::remove));
    CHECK(host.lvm.groups.empty());
    CHECK(host.lvm.orphans.empty());
    CHECK(host.recorded() == 0);
  }
}

TEST_CASE("what an lvcreate left that was cut off goes, and nothing else of the group") {
  // The metadata of a pool on a group of this size, as LVM begins with it.
  const auto sizes = plan_sizes(LvmSpec(), 1069547520, 4194304);
  REQUIRE(sizes);
  for (const char* name : {"lvol0", "thinpool"}) {
    INFO(name);
    LvmHost host;
    host.lvm.groups["flintlock"] = new_physical_uuid();
    host.lvm.plain = {{name, sizes->metadata_bytes}, {"precious", sizes->metadata_bytes}};
    CHECK_FALSE(host.check().in_place());
    REQUIRE(host.apply());
    CHECK(host.check().in_place());
    CHECK(host.lvm.plain.size() == 1);
    CHECK(host.lvm.plain.count("precious") == 1);
  }
  LvmHost host;
  host.lvm.groups["flintlock"] = new_physical_uuid();
  host.lvm.plain = {{"lvol0", 4194304}};
  REQUIRE(host.apply());
  CHECK(host.lvm.plain.count("lvol0") == 1);
}

TEST_CASE("a group with volumes of others does not go with the pool") {
  LvmHost host;
  REQUIRE(host.apply());
  host.lvm.plain = {{"precious", 4194304}};
  const auto refused = host.reset(Data::remove);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::aborted);
  CHECK(refused.error().text().find("'precious'") != std::string::npos);
  CHECK(host.lvm.pools.count("flintlock") == 1);
  REQUIRE(host.reset(Data::keep));
  CHECK(host.lvm.pools.count("flintlock") == 1);
}

TEST_CASE("another's thin volume in our pool is neither deactivated nor removed without a word") {
  LvmHost host;
  REQUIRE(host.apply());
  host.lvm.thin = {{"guest", true}};
  const Data data = GENERATE(Data::keep, Data::remove);
  const std::size_t ran = host.lvm.ran.size();
  const auto refused = host.reset(data);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::aborted);
  CHECK(refused.error().text().find("the volume flintlock/guest, which flintctl did not make") !=
        std::string::npos);
  CHECK(refused.error().hint().find(data == Data::keep
                                        ? "lvchange --activate n flintlock/guest"
                                        : "lvremove flintlock/guest") != std::string::npos);
  CHECK(host.lvm.ran.size() == ran);
  // Nothing happens to one that is not active.
  host.lvm.thin["guest"] = false;
  CHECK(static_cast<bool>(host.reset(data)) == (data == Data::keep));
}

TEST_CASE(
    "a pool that somebody renamed, and a group that is exported, are told with the way back") {
  LvmHost host;
  REQUIRE(host.apply());
  const std::size_t ran = host.lvm.ran.size();
  const auto refusal_of = [&host] {
    const auto refused = host.apply();
    REQUIRE_FALSE(refused);
    REQUIRE_FALSE(allow_apply(host.check()));
    return refused.error();
  };
  host.lvm.pool_name = "renamed";
  const Error renamed = refusal_of();
  CHECK(renamed.code() == Code::already_exists);
  CHECK(renamed.hint().find("lvrename flintlock renamed thinpool") != std::string::npos);
  host.lvm.pool_name = "thinpool";
  host.lvm.exported = true;
  const Error exported = refusal_of();
  CHECK(exported.code() == Code::host_not_ready);
  CHECK(exported.hint() == "vgimport flintlock");
  CHECK(host.lvm.ran.size() == ran);
}

TEST_CASE("old metadata that a repair kept goes with the pool") {
  LvmHost host;
  REQUIRE(host.apply());
  host.lvm.plain = {{"thinpool_meta0", 4194304}};
  REQUIRE(host.reset(Data::keep));
  CHECK(host.lvm.plain.size() == 1);
  REQUIRE(host.reset(Data::remove));
  CHECK(host.lvm.plain.empty());
  CHECK(host.lvm.groups.empty());

  REQUIRE(host.apply());
  host.lvm.plain = {{"thinpool_metadata", 4194304}};
  CHECK_FALSE(host.reset(Data::remove));
  CHECK(host.lvm.plain.size() == 1);
}

TEST_CASE("sizes fit the disk and leave room for one extension") {
  LvmSpec spec;
  for (const std::uint64_t size : {256 * mib, 2 * gib, 100 * gib, 4096 * gib, 200 * 1024 * gib}) {
    INFO(size);
    const auto sizes = plan_sizes(spec, size, 4 * mib);
    REQUIRE(sizes);
    CHECK(sizes->data_bytes % (4 * mib) == 0);
    CHECK(sizes->metadata_bytes % (4 * mib) == 0);
    CHECK(sizes->metadata_bytes <= 16 * gib);
    CHECK(sizes->data_bytes / 5 * 6 + 2 * sizes->metadata_bytes <= size);
    // What the kernel needs for all of the disk: 48 bytes a block.
    CHECK(sizes->metadata_bytes >= size / sizes->chunk_bytes * 48);
  }
  CHECK(plan_sizes(spec, 100 * gib, 4 * mib)->chunk_bytes == 64 * kib);
  CHECK(plan_sizes(spec, 200 * 1024 * gib, 4 * mib)->chunk_bytes > 64 * kib);
  CHECK_FALSE(plan_sizes(spec, 16 * mib, 4 * mib));
  spec.data_bytes = 2 * gib;
  CHECK(plan_sizes(spec, 2 * gib, 4 * mib).error().code() == Code::resource_exhausted);
}

TEST_CASE("what no pool can have is refused") {
  const auto refused = [](const std::function<void(LvmSpec&)>& change) {
    LvmSpec spec;
    change(spec);
    const auto checked = validate(spec);
    return !checked && checked.error().code() == Code::invalid_argument;
  };
  CHECK(refused([](LvmSpec& spec) { spec.name.group = "a/b"; }));
  CHECK(refused([](LvmSpec& spec) { spec.data_bytes = mib; }));
  CHECK(refused([](LvmSpec& spec) { spec.metadata_bytes = 17 * gib; }));
  // Below 50 LVM extends nothing, and at 100 it never begins.
  CHECK(refused([](LvmSpec& spec) { spec.autoextend_threshold = 49; }));
  CHECK(refused([](LvmSpec& spec) { spec.autoextend_threshold = 100; }));
  CHECK(refused([](LvmSpec& spec) { spec.autoextend_percent = 0; }));
  CHECK_FALSE(refused([](LvmSpec&) {}));
}

TEST_CASE("a configured pool that LVM can have names the group and the volume") {
  CHECK(logical_name_of("prod-pool") == lvm::LogicalName{"prod", "pool"});
  CHECK(logical_name_of("flintlock-dev-thinpool") == lvm::LogicalName{"flintlock", "thinpool"});
}
