// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/gc.hpp"

#include <memory>
#include <optional>

#include "fixture.hpp"
#include "image/kernel_index.hpp"
#include "image/records.hpp"
#include "inventory/lock.hpp"
#include "inventory/owner.hpp"
#include "inventory/records.hpp"
#include "lifecycle/create.hpp"
#include "network/driver.hpp"
#include "support/catch.hpp"
#include "support/images/documents.hpp"
#include "sys/file.hpp"

namespace flintctl::lifecycle {
namespace {

using testing::Fixture;
using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

constexpr auto stray = "00000000000000aa";

Strings collect(Fixture& fixture, GcOptions::Mode mode = GcOptions::Mode::remove) {
  const auto found = collect_garbage(fixture.context, {mode});
  REQUIRE(found);
  Strings names;
  for (const auto& leftover : *found) names.push_back(leftover.kind + " " + leftover.name);
  return names;
}

TEST_CASE("a host in order has no leftovers") {
  Fixture fixture;
  CHECK(collect(fixture).empty());
  REQUIRE(create_vm(fixture.context, fixture.web()));
  CHECK(collect(fixture).empty());
  CHECK(fixture.world.alive.size() == 1);
}

TEST_CASE("what a create killed at any call left is collected") {
  std::size_t steps = 0;
  {
    Fixture fixture;
    REQUIRE(create_vm(fixture.context, fixture.web()));
    steps = fixture.client.calls().size();
  }
  for (std::size_t step = 1; step <= steps; ++step) {
    Fixture fixture;
    fixture.client.fail_from("*", step);
    CHECK(!create_vm(fixture.context, fixture.web()));
    fixture.client.heal();
    INFO("killed at call " << step);
    const auto before = fixture.left();
    const auto found = collect(fixture, GcOptions::Mode::dry_run);
    CHECK(fixture.left() == before);
    CHECK(found.empty() == before.empty());
    collect(fixture);
    CHECK(fixture.left() == Strings{});
    CHECK(collect(fixture).empty());
  }
}

TEST_CASE("folders, cgroups and taps that nobody owns") {
  Fixture fixture;
  REQUIRE(create_vm(fixture.context, fixture.web()));
  const auto before = fixture.left();
  fixture.world.taps.insert("fltap12345678");
  fixture.world.groups.insert(stray);
  fixture.world.alive.insert(stray);
  REQUIRE(sys::make_directories(fixture.context.paths.run_directory(stray)));
  REQUIRE(inventory::claim_directory(fixture.context.paths, fixture.client, stray));
  CHECK(collect(fixture) == Strings{std::string("vm ") + stray, "tap fltap12345678"});
  CHECK(fixture.left() == before);
}

TEST_CASE("what another containerd claims is left alone") {
  Fixture fixture;
  REQUIRE(inventory::claim_directory(fixture.context.paths, fixture.client, stray));
  REQUIRE(sys::write_file_atomic(fixture.context.paths.vm_directory(stray) + "/owner.json",
                                 R"({"containerdAddress": "/x", "containerdNamespace": "y"})",
                                 0600));
  fixture.world.groups.insert(stray);
  fixture.world.taps.insert(network::tap_name(stray, 0));
  fixture.world.kernels = {"/maybe-theirs"};
  CHECK(collect(fixture).empty());
  CHECK(fixture.world.groups.count(stray) == 1);
}

TEST_CASE("what somebody works on is left alone") {
  Fixture fixture;
  vm::Record record;
  record.uid = stray;
  record.name = "web";
  REQUIRE(inventory::Records(fixture.client).begin(record));
  {
    const auto lock =
        inventory::lock_name(fixture.context.paths, fixture.client, "default", "web", 0ms);
    REQUIRE(lock);
    CHECK(collect(fixture).empty());
  }
  CHECK(collect(fixture) == Strings{std::string("vm ") + stray});
  CHECK(fixture.left() == Strings{});
}

TEST_CASE("unfinished record writes of VMs that are gone") {
  Fixture fixture;
  containerd::Ingest ingest;
  ingest.ref = std::string("flintctl/vm/") + stray + "/1";
  fixture.client.add_ingest(ingest);
  containerd::Ingest other;
  other.ref = "layer-sha256:aa";
  fixture.client.add_ingest(other);
  CHECK(collect(fixture) == Strings{"ingest " + ingest.ref});
}

const std::string given_up = "/dev/mapper/flintlock-dev-thinpool-snap-99";

/// containerd looks through the pool's devices in a collection after a snapshot was removed.
void remove_in_collection(Fixture& fixture, const std::string& device) {
  auto& devices = fixture.world.devices;
  auto made = std::make_shared<std::size_t>(0);
  fixture.client.on_call([&devices, device, made](const containerd::Call& call) {
    *made += call.operation == "snapshot_prepare" || call.operation == "snapshot_view" ? 1U : 0U;
    if (call.operation == "lease_delete" && *made > 0) std::erase(devices, device);
  });
}

TEST_CASE("devices that containerd gave up are removed by containerd") {
  Fixture fixture;
  fixture.context.pool = "flintlock-dev-thinpool";
  if (GENERATE(false, true)) REQUIRE(create_vm(fixture.context, fixture.web()));
  const auto before = fixture.left();
  fixture.world.devices = {given_up};
  CHECK(collect(fixture, GcOptions::Mode::dry_run) == Strings{"device " + given_up});
  CHECK(fixture.world.devices.size() == 1);
  remove_in_collection(fixture, given_up);
  const auto found = collect_garbage(fixture.context, {GcOptions::Mode::remove});
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().name == given_up);
  CHECK(found->front().fate == Leftover::Fate::removed);
  CHECK(fixture.left() == before);
}

TEST_CASE("devices that containerd keeps are reported and left alone") {
  Fixture fixture;
  fixture.context.pool = "flintlock-dev-thinpool";
  fixture.world.devices = {given_up};
  const bool fails = GENERATE(false, true);
  if (fails) fixture.client.fail_nth("snapshot_view", 1, Error(Code::unknown, "no space"));
  const auto found = collect_garbage(fixture.context, {GcOptions::Mode::remove});
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().fate == Leftover::Fate::found);
  CHECK((found->front().why.find("no space") != std::string::npos) == fails);
  CHECK(fixture.left() == Strings{});
}

TEST_CASE("devices of VMs are nobody's leftovers") {
  Fixture fixture;
  REQUIRE(create_vm(fixture.context, fixture.web()));
  fixture.context.pool = "flintlock-dev-thinpool";
  const auto snapshots = fixture.client.snapshot_list("devmapper", {});
  REQUIRE(snapshots);
  for (const auto& snapshot : *snapshots) {
    if (snapshot.kind != containerd::SnapshotKind::active) continue;
    const auto mounts = fixture.client.snapshot_mounts("devmapper", snapshot.name);
    REQUIRE(mounts);
    fixture.world.devices.push_back(mounts->front().source);
  }
  REQUIRE(fixture.world.devices.size() == 1);
  fixture.client.clear_calls();
  CHECK(collect(fixture).empty());
  CHECK(fixture.client.count("snapshot_view") == 0);
}

TEST_CASE("devices of another namespace's snapshots are nobody's leftovers") {
  Fixture fixture;
  fixture.context.pool = "flintlock-dev-thinpool";
  const auto neighbour = fixture.client.with_namespace("other");
  const auto mounts = neighbour->snapshot_prepare("devmapper", "theirs", "", {});
  REQUIRE(mounts);
  fixture.world.devices = {mounts->front().source};
  CHECK(collect(fixture, GcOptions::Mode::dry_run).empty());
  fixture.world.devices.push_back(given_up);
  CHECK(collect(fixture, GcOptions::Mode::dry_run) == Strings{"device " + given_up});
}

TEST_CASE("kernels that no VM boots from") {
  Fixture fixture;
  REQUIRE(create_vm(fixture.context, fixture.web()));
  fixture.world.kernels = {"/boot/vmlinux", "/unused"};
  CHECK(collect(fixture, GcOptions::Mode::dry_run) == Strings{"kernel /unused"});
  CHECK(fixture.world.kernels.size() == 2);
  CHECK(collect(fixture) == Strings{"kernel /unused"});
  CHECK(fixture.world.kernels.empty());
}

TEST_CASE("cached files of an image without a snapshot stay as long as the image") {
  Fixture fixture;
  auto& client = fixture.client;
  const auto documents = flintctl::testing::documents();
  REQUIRE(documents);
  const auto reference = oci::Reference::parse("registry.example/kernel:1");
  REQUIRE(reference);
  const auto chain_id = documents->chain.back().text();
  const bool unpacked = GENERATE(false, true);
  REQUIRE(client.lease_create("pull", {}));
  const auto leased = client.with_lease("pull");
  if (unpacked) {
    REQUIRE(leased->snapshot_prepare("devmapper", "active", "", {}));
    REQUIRE(leased->snapshot_commit("devmapper", chain_id, "active", {}));
  }
  REQUIRE(image::write_records(*leased, *reference, *documents,
                               unpacked ? std::optional<std::string>("devmapper") : std::nullopt,
                               image::Origin::registry));
  REQUIRE(client.lease_delete("pull"));
  const std::string path = fixture.context.paths.kernels() + "/" + std::string(64, 'a');
  REQUIRE(sys::make_directories(fixture.context.paths.kernels()));
  REQUIRE(sys::write_file_atomic(path, "kernel", 0600));
  REQUIRE(image::KernelIndex(fixture.context.paths.kernels() + "/index")
              .put(chain_id, {}, {std::string(64, 'a'), ""}));
  fixture.world.kernels = {path};
  if (!unpacked) {
    CHECK(collect(fixture).empty());
    fixture.world.kernels = {path};
    REQUIRE(client.image_delete(reference->name()));
  }
  CHECK(collect(fixture) == Strings{"kernel " + path});
}

TEST_CASE("cached files of another namespace stay as long as it needs them") {
  Fixture fixture;
  const auto neighbour = fixture.client.with_namespace("other");
  const auto documents = flintctl::testing::documents();
  REQUIRE(documents);
  const auto reference = oci::Reference::parse("registry.example/kernel:1");
  REQUIRE(reference);
  REQUIRE(neighbour->lease_create("pull", {}));
  REQUIRE(image::write_records(*neighbour->with_lease("pull"), *reference, *documents, std::nullopt,
                               image::Origin::registry));
  REQUIRE(neighbour->lease_delete("pull"));
  const std::string path = fixture.context.paths.kernels() + "/" + std::string(64, 'a');
  REQUIRE(sys::make_directories(fixture.context.paths.kernels()));
  REQUIRE(sys::write_file_atomic(path, "kernel", 0600));
  REQUIRE(image::KernelIndex(fixture.context.paths.kernels() + "/index")
              .put(documents->chain.back().text(), {}, {std::string(64, 'a'), ""}));
  fixture.world.kernels = {path};
  CHECK(collect(fixture).empty());

  // The image may go while a VM boots from it.
  vm::Record record;
  record.uid = stray;
  record.name = "web";
  record.kernel.path = path;
  inventory::Records records(*neighbour);
  REQUIRE(records.begin(record));
  REQUIRE(records.write(record, vm::Stage::created));
  REQUIRE(inventory::claim_directory(fixture.context.paths, *neighbour, stray));
  REQUIRE(neighbour->image_delete(reference->name()));
  fixture.world.kernels = {path, "/unused"};
  CHECK(collect(fixture) == Strings{"kernel /unused"});
  REQUIRE(records.remove(stray));
  fixture.world.kernels = {path};
  CHECK(collect(fixture, GcOptions::Mode::dry_run) == Strings{"kernel " + path});

  fixture.client.fail_nth("namespaces", 1);
  const auto blind = collect_garbage(fixture.context, {GcOptions::Mode::remove});
  REQUIRE(blind);
  REQUIRE(blind->size() == 1);
  CHECK(blind->front().fate == Leftover::Fate::failed);
  CHECK(fixture.world.kernels.size() == 1);
}

}  // namespace
}  // namespace flintctl::lifecycle
