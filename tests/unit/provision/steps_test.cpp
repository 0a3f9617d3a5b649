// SPDX-License-Identifier: Apache-2.0
// The steps that need no containerd: modules, udev rule, pool.
#include <filesystem>
#include <set>

#include "lvm/names.hpp"
#include "place.hpp"
#include "provision/devpool_step.hpp"
#include "provision/known_pool.hpp"
#include "provision/modules_step.hpp"
#include "provision/plan.hpp"
#include "unit/thinpool/fixture.hpp"

using namespace flintctl;
using namespace flintctl::provision;
using testing::Place;

namespace {

struct FakeModules {
  std::set<std::string> loaded{"loop"};
  std::set<std::string> available{"dm_thin_pool", "loop", "tun", "vhost_vsock"};
  Modules modules() {
    return {[this](const std::string& name) { return loaded.count(name) != 0; },
            [this](const std::string& name) { return available.count(name) != 0; },
            [this](const std::string& name) -> Result<> {
              if (available.count(name) == 0) return Error(Code::host_not_ready, "no " + name);
              loaded.insert(name);
              return {};
            }};
  }
};

class FakeDrivers final : public PoolDrivers {
 public:
  explicit FakeDrivers(testing::Host& host) : host_(host) {}
  Result<devmapper::Driver*> devmapper() override { return &host_.driver; }
  Result<loop::Driver*> loops() override { return &host_.loops; }
  lvm::Tools& lvm() override { return lvm_; }
  Disks& disks() override { std::abort(); }

 private:
  class NoLvm final : public lvm::Tools {
   public:
    bool available() override { return false; }
    Result<std::string> run(const std::vector<std::string>&) override {
      return Error(Code::host_not_ready, "lvm is not installed");
    }
  };
  NoLvm lvm_;
  testing::Host& host_;
};

/// A host with the pool step alone.
struct PoolHost : Place {
  testing::Host pool;
  FakeDrivers drivers{pool};
  Plan plan{paths, services};

  PoolHost() { plan.add(std::make_unique<DevpoolStep>(paths, pool.spec, drivers, services)); }
  Result<> apply() {
    return plan.apply([](const StepReport&) {});
  }
  Result<> reset(Data data) {
    return plan.reset(data, [](const UndoReport&) {});
  }
  bool in_place() { return plan.check().front().in_place(); }
  /// A volume of the pool that something has open, or nobody.
  void add_volume(int open_count) {
    const auto number = pool.driver.devices.at("pool").number;
    pool.driver.add("pool-snap-1", {0, 2048, "thin", number.text() + " 1"}, "8 2047").open_count =
        open_count;
  }
};

}  // namespace

TEST_CASE("P15: modules are loaded now and listed for each boot") {
  Place place;
  FakeModules kernel;
  Plan plan(place.paths, place.services);
  plan.add(std::make_unique<ModulesStep>(place.paths, kernel.modules(),
                                         std::vector<std::string>{"bridge"}));
  const auto failed = plan.apply([](const StepReport&) {});
  REQUIRE_FALSE(failed);  // no kernel module "bridge"
  CHECK(failed.error().text().find("bridge") != std::string::npos);
  CHECK(kernel.loaded == std::set<std::string>{"loop"});
  kernel.available.insert("bridge");
  REQUIRE(plan.apply([](const StepReport&) {}));
  const std::string file = place.paths.etc + "/modules-load.d/flintctl.conf";
  const std::string text = Place::read(file);
  for (const char* name : {"dm_thin_pool\n", "loop\n", "tun\n", "bridge\n", "vhost_vsock\n"}) {
    CHECK(text.find(name) != std::string::npos);
  }
  CHECK(text.find("vhost_net") == std::string::npos);
  CHECK(plan.check().front().in_place());
  // This kernel's lack is said, and nothing more.
  CHECK(plan.check().front().finding.warnings.size() == 1);

  kernel.loaded.erase("tun");
  CHECK_FALSE(plan.check().front().in_place());
  REQUIRE(plan.apply([](const StepReport&) {}));
  CHECK(kernel.loaded.count("tun") == 1);
}

TEST_CASE("the udev rule names the pool's volumes only") {
  Place place;
  Plan plan(place.paths, place.services);
  plan.add(std::make_unique<UdevStep>(place.paths, "pool"));
  REQUIRE(plan.apply([](const StepReport&) {}));
  const std::string text = Place::read(place.paths.etc + "/udev/rules.d/12-flintctl-pool.rules");
  CHECK(text.find("ATTR{dm/name}==\"pool-snap-*\"") != std::string::npos);
  CHECK(text.find("ENV{DM_UDEV_DISABLE_DISK_RULES_FLAG}=\"1\"") != std::string::npos);
}

TEST_CASE("P3: the pool's unit comes before containerd and needs the folder's mount") {
  PoolHost host;
  REQUIRE(host.apply());
  CHECK(host.in_place());
  const std::string text = Place::read(host.paths.units() + "/flintctl-pool-pool.service");
  for (const std::string& line :
       {std::string("Type=oneshot\n"), std::string("RemainAfterExit=yes\n"),
        std::string("Before=containerd.service\n"),
        "RequiresMountsFor=" + host.pool.spec.directory + " /",
        std::string("After=systemd-modules-load.service ")}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
  const std::string command = text.substr(text.find("ExecStart="));
  CHECK(command.find("ExecStart=/") == 0);
  CHECK(command.find(" provision devpool --at-boot --name pool --directory " +
                     host.pool.spec.directory + "\n") != std::string::npos);
}

TEST_CASE("a pool that does not work is not in place, and nothing is applied around it") {
  PoolHost host;
  REQUIRE(host.apply());
  auto& device = host.pool.driver.devices.at("pool");
  const std::string well = device.status;
  device.status = "Fail";
  CHECK_FALSE(host.in_place());
  const auto refused = host.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::host_not_ready);
  CHECK(refused.error().hint().starts_with("flintctl pool repair pool"));
  device.status = well;
  CHECK(host.in_place());
  host.pool.loops.devices.begin()->second.backing_file += " (deleted)";
  const auto report = host.plan.check().front();
  CHECK_FALSE(report.in_place());
  CHECK(report.finding.warnings.empty());
}

TEST_CASE("files that another device has are refused before anything is recorded") {
  PoolHost host;
  REQUIRE(thinpool::ensure(host.pool.spec, host.pool.driver, host.pool.loops));
  host.pool.spec.name = "other";
  DevpoolStep step(host.paths, host.pool.spec, host.drivers, host.services);
  const auto found = step.check();
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == Code::already_exists);
  CHECK(found.error().text().find("in use by the device 'pool'") != std::string::npos);
  CHECK_FALSE(apply_alone(step, host.paths, std::chrono::seconds(1)));
  CHECK(host.recorded() == 0);
}

TEST_CASE("the pool's unit names the folder that it lies in, whatever was asked for") {
  PoolHost host;
  host.pool.spec.low_water_blocks = 7;
  REQUIRE(thinpool::ensure(host.pool.spec, host.pool.driver, host.pool.loops));
  const std::string real = host.pool.spec.directory;
  host.pool.spec.directory = host.pool.root + "/default";
  host.pool.spec.low_water_blocks.reset();
  DevpoolStep step(host.paths, host.pool.spec, host.drivers, host.services);
  REQUIRE(apply_alone(step, host.paths, std::chrono::seconds(1)));
  CHECK(step.outcome().change == thinpool::Change::adopted);
  const std::string unit = host.paths.units() + "/flintctl-pool-pool.service";
  CHECK(Place::read(unit).find(" --directory " + real + " --low-water-mark 7\n") !=
        std::string::npos);
  CHECK(Place::read(unit).find("RequiresMountsFor=" + real + " /") != std::string::npos);
  CHECK(step.check()->in_place());
  // After a reboot without systemd, a command that names no folder finds it there.
  host.pool.reboot();
  thinpool::Spec spec;
  spec.name = "pool";
  place_as_recorded(host.paths, spec);
  CHECK(spec.directory == real);
  spec.directory = "/srv/chosen";
  place_as_recorded(host.paths, spec);
  CHECK(spec.directory == "/srv/chosen");
  REQUIRE(sys::remove_tree(real));
  CHECK_FALSE(recorded_directory(host.paths, "pool"));
}

TEST_CASE("a pool on files that are not named as ours gets no unit") {
  PoolHost host;
  REQUIRE(thinpool::ensure(host.pool.spec, host.pool.driver, host.pool.loops));
  std::filesystem::rename(host.pool.data(), host.pool.spec.directory + "/disk.img");
  for (auto& [number, device] : host.pool.loops.devices) {
    if (device.backing_file == host.pool.data()) {
      device.backing_file = host.pool.spec.directory + "/disk.img";
    }
  }
  DevpoolStep step(host.paths, host.pool.spec, host.drivers, host.services);
  REQUIRE(apply_alone(step, host.paths, std::chrono::seconds(1)));
  CHECK_FALSE(sys::exists(host.paths.units() + "/flintctl-pool-pool.service"));
  CHECK(step.outcome().warnings.back().starts_with("nothing of flintctl's brings pool 'pool'"));
  CHECK(step.check()->in_place());
}

TEST_CASE("a name that is a pool of LVM's is refused before anything is written") {
  PoolHost host;
  host.pool.spec.name = "v-p";
  const std::string profile = lvm::profile_path(host.paths.etc, "v-p");
  host.write(profile, "activation {}\n");
  DevpoolStep step(host.paths, host.pool.spec, host.drivers, host.services);
  CHECK(step.check().error().code() == Code::already_exists);
  const auto applied = apply_alone(step, host.paths, std::chrono::seconds(1));
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code() == Code::already_exists);
  CHECK(host.recorded() == 0);
  CHECK_FALSE(sys::exists(host.paths.units()));
}

TEST_CASE("other commands go by the pool that host.toml names") {
  Place place;
  const std::string file = place.root + "/host.toml";
  config::Config config;
  CHECK_FALSE(pool_of_host_file(file, config));
  place.write(file, "[devpool]\nname = \"mine\"\n");
  CHECK(pool_of_host_file(file, config) == "mine");
  place.write(file, "[lvm]\nvg = \"fast\"\n");
  CHECK(pool_of_host_file(file, config) == "fast-thinpool");
  place.write(file, "[devpool]\nenabled = false\nname = \"mine\"\n");
  CHECK_FALSE(pool_of_host_file(file, config));
  place.write(file, "[devpool\n");
  CHECK_FALSE(pool_of_host_file(file, config));
}

TEST_CASE("an adopted pool is news once, and goes on when what was made is undone") {
  PoolHost host;
  REQUIRE(thinpool::ensure(host.pool.spec, host.pool.driver, host.pool.loops));
  host.pool.spec.low_water_blocks = 7;
  DevpoolStep step(host.paths, host.pool.spec, host.drivers, host.services);
  const auto run = [&] {
    REQUIRE(apply_alone(step, host.paths, std::chrono::seconds(1)));
    return step.outcome().change;
  };
  CHECK(run() == thinpool::Change::adopted);
  CHECK(run() == thinpool::Change::unchanged);
  CHECK_FALSE(step.outcome().differences.empty());
  REQUIRE(host.reset(Data::remove));
  CHECK(host.pool.driver.devices.contains("pool"));
  CHECK(run() == thinpool::Change::adopted);
}

TEST_CASE("looking at a pool loads no driver, and a host without one has no pool") {
  struct Bare final : PoolDrivers {
    Result<devmapper::Driver*> devmapper() override { return loads("dm"); }
    Result<loop::Driver*> loops() override { return loads("loop"); }
    Result<devmapper::Driver*> loaded_devmapper() override {
      return Error(Code::host_not_ready, "not loaded");
    }
    Result<loop::Driver*> loaded_loops() override { return Error(Code::unknown, "not asked for"); }
    lvm::Tools& lvm() override { std::abort(); }
    Disks& disks() override { std::abort(); }
    Error loads(const char* what) {
      loaded.emplace_back(what);
      return Error(Code::host_not_ready, "loaded in vain");
    }
    std::vector<std::string> loaded;
  };
  PoolHost host;
  Bare bare;
  DevpoolStep step(host.paths, host.pool.spec, bare, host.services);
  const auto finding = step.check();
  REQUIRE(finding);
  CHECK(finding->items.front().state == State::missing);
  CHECK(bare.loaded.empty());
}

TEST_CASE("a timer checks the pool where host.toml asks for one, and goes with reset") {
  PoolHost host;
  Plan plan(host.paths, host.services);
  plan.add(std::make_unique<DevpoolStep>(host.paths, host.pool.spec, host.drivers, host.services,
                                         PoolWatch{true}));
  REQUIRE(plan.apply([](const StepReport&) {}));
  CHECK(plan.check().front().in_place());
  const std::string name = host.paths.units() + "/flintctl-pool-check-pool";
  CHECK(Place::read(name + ".service").find(" pool check pool\n") != std::string::npos);
  CHECK(Place::read(name + ".timer").find("OnUnitActiveSec=") != std::string::npos);
  CHECK(host.services.active.count("flintctl-pool-check-pool.timer") == 1);
  CHECK(host.services.active.count("flintctl-pool-check-pool.service") == 0);
  REQUIRE(host.reset(Data::remove));
  CHECK(host.services.active.empty());
  CHECK_FALSE(sys::exists(host.paths.units()));
}

TEST_CASE("a pool that went behind the record's back is seen, and comes back") {
  PoolHost host;
  REQUIRE(host.apply());
  host.pool.reboot();
  CHECK_FALSE(host.in_place());
  REQUIRE(host.apply());
  CHECK(host.pool.driver.devices.count("pool") == 1);
}

TEST_CASE("reset takes the pool out of the kernel and leaves its files, unless told") {
  PoolHost host;
  REQUIRE(host.apply());
  host.add_volume(0);
  REQUIRE(host.reset(Data::keep));
  CHECK(host.pool.driver.devices.empty());
  CHECK(sys::exists(host.pool.metadata()));
  CHECK_FALSE(sys::exists(host.paths.etc));
  // The next run brings it back with its data.
  REQUIRE(host.apply());
  CHECK(host.in_place());
  REQUIRE(host.reset(Data::remove));
  CHECK_FALSE(sys::exists(host.pool.spec.directory));
  CHECK(host.recorded() == 0);
}

TEST_CASE("reset is refused while a volume is open, and nothing is undone") {
  PoolHost host;
  REQUIRE(host.apply());
  host.add_volume(1);
  const auto reset = host.reset(Data::remove);
  REQUIRE_FALSE(reset);
  CHECK(reset.error().code() == Code::aborted);
  CHECK(reset.error().text().find("pool-snap-1") != std::string::npos);
  CHECK(host.services.active.size() == 1);
  CHECK(host.pool.driver.devices.size() == 2);
}

TEST_CASE("the record of a pool that could not be made is taken back") {
  PoolHost host;
  host.pool.driver.on_resume = [](auto&) { return Error(Code::resource_exhausted, "full"); };
  REQUIRE_FALSE(host.apply());
  const auto record = Record::open(host.paths.record());
  REQUIRE(record);
  CHECK(record->find("devpool", "pool", "pool") == nullptr);
  // Somebody else's pool, where ours was to be.
  host.pool.driver.on_resume = nullptr;
  REQUIRE(sys::make_directories(host.pool.spec.directory));
  host.write(host.pool.data(), "theirs");
  host.write(host.pool.metadata(), "theirs");
  REQUIRE(host.reset(Data::remove));
  CHECK(sys::exists(host.pool.data()));
  CHECK(sys::exists(host.pool.metadata()));
}

TEST_CASE("files that a device of another name stands on are never removed") {
  PoolHost host;
  REQUIRE(host.apply());
  auto pool = host.pool.driver.devices.extract("pool");
  pool.key() = "theirs";
  host.pool.driver.devices.insert(std::move(pool));
  const auto reset = host.reset(Data::remove);
  REQUIRE_FALSE(reset);
  CHECK(reset.error().code() == Code::aborted);
  CHECK(reset.error().text().find("in use by the device 'theirs'") != std::string::npos);
  CHECK(sys::exists(host.pool.data()));
  CHECK(host.services.active.size() == 1);
  REQUIRE(host.reset(Data::keep));
  CHECK(host.pool.driver.devices.contains("theirs"));
  CHECK(sys::exists(host.pool.metadata()));
}

TEST_CASE("a pool that is made in another folder is undone there, and in the first as well") {
  PoolHost host;
  REQUIRE(host.apply());
  const std::string first = host.pool.spec.directory;
  const bool kept = GENERATE(true, false);
  REQUIRE(host.reset(kept ? Data::keep : Data::remove));
  host.pool.reboot();
  host.pool.spec.directory = host.pool.root + "/second";
  DevpoolStep step(host.paths, host.pool.spec, host.drivers, host.services);
  const auto notes = apply_alone(step, host.paths, std::chrono::seconds(1));
  REQUIRE(notes);
  CHECK(notes->empty() != kept);
  REQUIRE(sys::exists(host.pool.data()));
  CHECK(sys::exists(first + "/data") == kept);
  REQUIRE(host.reset(Data::remove));
  CHECK_FALSE(sys::exists(host.pool.data()));
  CHECK_FALSE(sys::exists(first));
  CHECK(host.pool.driver.devices.empty());
  CHECK(host.recorded() == 0);
}

TEST_CASE("a pool that goes back to its first folder is still its maker's") {
  PoolHost host;
  REQUIRE(host.apply());
  const thinpool::Spec first = host.pool.spec;
  thinpool::Spec second = first;
  second.directory = host.pool.root + "/second";
  for (const thinpool::Spec& spec : {second, first}) {
    host.pool.reboot();
    DevpoolStep step(host.paths, spec, host.drivers, host.services);
    REQUIRE(apply_alone(step, host.paths, std::chrono::seconds(1)));
  }
  REQUIRE(host.reset(Data::remove));
  CHECK_FALSE(sys::exists(first.directory));
  CHECK_FALSE(sys::exists(second.directory));
  CHECK(host.recorded() == 0);
}

TEST_CASE("an active pool elsewhere is not the one of an old record") {
  PoolHost host;
  REQUIRE(host.apply());
  host.pool.reboot();
  thinpool::Spec theirs = host.pool.spec;
  theirs.directory = host.pool.root + "/theirs";
  REQUIRE(thinpool::ensure(theirs, host.pool.driver, host.pool.loops));
  DevpoolStep step(host.paths, host.pool.spec, host.drivers, host.services);
  REQUIRE(apply_alone(step, host.paths, std::chrono::seconds(1)));
  REQUIRE(host.reset(Data::remove));
  CHECK(host.pool.driver.devices.contains("pool"));
  CHECK(sys::exists(theirs.directory + "/data"));
  CHECK_FALSE(sys::exists(host.pool.data()));
  CHECK(host.recorded() == 0);
}

TEST_CASE("files of a pool that was there before are never removed") {
  PoolHost host;
  REQUIRE(host.pool.ensure());
  host.pool.reboot();
  REQUIRE(host.apply());
  REQUIRE(host.reset(Data::remove));
  CHECK(host.pool.driver.devices.empty());
  CHECK(sys::exists(host.pool.data()));
}

TEST_CASE("a pool that was active before is not taken away") {
  PoolHost host;
  REQUIRE(host.pool.ensure());
  REQUIRE(host.apply());
  REQUIRE(host.reset(Data::remove));
  CHECK(host.pool.driver.devices.count("pool") == 1);
}

TEST_CASE("a pool step that failed at any call converges and can be reset") {
  for (int n = 1;; ++n) {
    PoolHost host;
    host.pool.fault.fail_at = n;
    const auto applied = host.apply();
    if (!host.pool.fault.struck) break;
    INFO("call " << n << ": " << host.pool.fault.calls.back());
    if (n % 2 == 0) {
      REQUIRE(host.reset(Data::remove));
      CHECK(host.pool.driver.devices.empty());
      CHECK_FALSE(sys::exists(host.pool.data()));
    }
    REQUIRE(host.apply());
    CHECK(host.in_place());
  }
}
