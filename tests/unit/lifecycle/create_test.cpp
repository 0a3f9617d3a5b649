// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/create.hpp"

#include "fixture.hpp"
#include "inventory/lock.hpp"
#include "inventory/records.hpp"
#include "inventory/runtime.hpp"
#include "lifecycle/remove.hpp"
#include "support/catch.hpp"

namespace flintctl::lifecycle {
namespace {

using testing::append;
using testing::Fixture;
using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

std::string phase(Fixture& fixture) {
  const auto summary = inventory::Records(fixture.client).find("default", "web");
  REQUIRE(summary);
  const auto status = statuses(fixture.context).glance(*summary);
  return std::string(to_string(status.phase));
}

TEST_CASE("a created VM runs and its record, lease and root volume are there") {
  Fixture fixture;
  const auto record = create_vm(fixture.context, fixture.web());
  REQUIRE(record);
  CHECK(phase(fixture) == "Running");
  CHECK(fixture.world.alive.count(record->uid) == 1);
  CHECK(fixture.world.taps.size() == 1);
  const auto stored = inventory::Records(fixture.client).read("default", "web");
  REQUIRE(stored);
  CHECK(stored->uid == record->uid);
  CHECK(stored->image_digest == fixture.image.digest);
  REQUIRE(stored->volumes.size() == 1);
  CHECK(stored->volumes[0].size == fixture.world.device_size);
  CHECK(fixture.client.snapshot_stat("devmapper", stored->volumes[0].key)->parent ==
        fixture.image.chain_id);
  // All of it is held by the lease alone: a collection takes nothing.
  fixture.client.collect();
  CHECK(inventory::Records(fixture.client).read("default", "web"));
  CHECK(fixture.client.snapshot_stat("devmapper", stored->volumes[0].key));
}

TEST_CASE("the image of a VM may lose its name") {
  Fixture fixture;
  REQUIRE(create_vm(fixture.context, fixture.web()));
  REQUIRE(fixture.client.image_delete(fixture.image.name));
  CHECK(fixture.client.snapshot_stat("devmapper", fixture.image.chain_id));
  CHECK(fixture.client.content_info(fixture.image.digest));
}

TEST_CASE("nothing lives unleased for a moment") {
  Fixture fixture;
  fixture.client.collect_always();
  REQUIRE(create_vm(fixture.context, fixture.web()));
  CHECK(inventory::Records(fixture.client).read("default", "web"));
}

TEST_CASE("a name is given once") {
  Fixture fixture;
  const auto first = create_vm(fixture.context, fixture.web());
  REQUIRE(first);
  const auto second = create_vm(fixture.context, fixture.web());
  REQUIRE(!second);
  CHECK(second.error().code() == Code::already_exists);
  CHECK(second.error().hint() == "'flintctl vm delete web' removes it");
  CHECK(fixture.world.alive == std::set<std::string>{first->uid});
  auto elsewhere = fixture.web();
  elsewhere.target.name_space = "other";
  CHECK(create_vm(fixture.context, elsewhere));
  CHECK(create_vm(fixture.context, elsewhere).error().hint() ==
        "'flintctl vm delete -n other web' removes it");
}

TEST_CASE("of two creates at once one is told who works on the name") {
  Fixture fixture;
  const auto lock =
      inventory::lock_name(fixture.context.paths, fixture.client, "default", "web", 0ms);
  REQUIRE(lock);
  const auto second = create_vm(fixture.context, fixture.web());
  REQUIRE(!second);
  CHECK(second.error().code() == Code::aborted);
  CHECK(fixture.left().empty());
}

TEST_CASE("bad input is refused before anything is made") {
  Fixture fixture;
  auto options = fixture.web();
  SECTION("name") { options.target.name = "Web"; }
  SECTION("namespace") { options.target.name_space = "a/b"; }
  SECTION("memory") { options.spec.memory = 1; }
  SECTION("marker") { options.wait.boot_marker = "("; }
  SECTION("provider") { options.spec.provider = "bochs"; }
  SECTION("more vCPUs than the provider takes") { options.spec.vcpus = 9; }
  SECTION("label") { options.labels = {{"", "x"}}; }
  const auto created = create_vm(fixture.context, options);
  REQUIRE(!created);
  CHECK(created.error().code() == Code::invalid_argument);
  CHECK(fixture.client.calls().empty());
  CHECK(fixture.left().empty());
}

TEST_CASE("no hypervisor is known before any image is asked for") {
  Fixture fixture;
  fixture.world.fail_at = 1;
  CHECK(!create_vm(fixture.context, fixture.web()));
  CHECK(fixture.world.calls == Strings{"probe"});
  CHECK(fixture.client.calls().empty());
}

TEST_CASE("whatever step of the host fails, nothing is left") {
  std::size_t steps = 0;
  {
    Fixture fixture;
    REQUIRE(create_vm(fixture.context, fixture.web()));
    steps = fixture.world.calls.size();
  }
  REQUIRE(steps > 8);
  for (std::size_t step = 1; step <= steps; ++step) {
    Fixture fixture;
    fixture.world.fail_at = step;
    const auto created = create_vm(fixture.context, fixture.web());
    INFO("step " << step << ", " << fixture.world.calls[step - 1]);
    CHECK(!created);
    CHECK(fixture.left() == Strings{});
  }
}

TEST_CASE("whatever call to containerd fails, nothing is left") {
  using Effect = containerd::FakeClient::Effect;
  std::size_t steps = 0;
  {
    Fixture fixture;
    REQUIRE(create_vm(fixture.context, fixture.web()));
    steps = fixture.client.calls().size();
  }
  REQUIRE(steps > 6);
  for (const auto effect : {Effect::none, Effect::done}) {
    for (std::size_t step = 1; step <= steps; ++step) {
      Fixture fixture;
      fixture.client.fail_nth("*", step, Error(Code::unavailable, "injected failure"), effect);
      const auto created = create_vm(fixture.context, fixture.web());
      INFO("call " << step << ", " << fixture.client.calls()[step - 1].operation);
      CHECK(!created);
      CHECK(fixture.left() == Strings{});
    }
  }
}

TEST_CASE("after a kill at any call the same command succeeds") {
  std::size_t steps = 0;
  {
    Fixture fixture;
    REQUIRE(create_vm(fixture.context, fixture.web()));
    steps = fixture.client.calls().size();
  }
  for (std::size_t step = 1; step <= steps; ++step) {
    Fixture fixture;
    // Nothing after this call has an effect in containerd, not even the undoing.
    fixture.client.fail_from("*", step);
    CHECK(!create_vm(fixture.context, fixture.web()));
    fixture.client.heal();
    INFO("killed at call " << step);
    const auto again = create_vm(fixture.context, fixture.web());
    REQUIRE(again);
    CHECK(fixture.world.alive == std::set<std::string>{again->uid});
    REQUIRE(delete_vm(fixture.context, {{"default", "web"}, DeleteOptions::Missing::error}));
    CHECK(fixture.left() == Strings{});
  }
}

TEST_CASE("waiting for userspace") {
  Fixture fixture;
  auto options = fixture.web();
  options.wait.until = WaitFor::booted;
  SECTION("it shows itself") {
    fixture.world.guest = [](const vmm::Instance& instance) {
      append(instance.console_log, "[    0.1] Linux\nweb login: ");
    };
    const auto record = create_vm(fixture.context, options);
    REQUIRE(record);
    CHECK(inventory::read_runtime(fixture.context.paths, record->uid)->booted_at);
  }
  SECTION("it never does") {
    options.wait.timeout = 50ms;
    const auto record = create_vm(fixture.context, options);
    REQUIRE(!record);
    CHECK(record.error().code() == Code::deadline_exceeded);
    CHECK(fixture.left() == Strings{});
  }
  SECTION("it never does, and the VM is kept to be looked at") {
    options.wait.timeout = 50ms;
    options.on_failure = CreateOptions::OnFailure::keep;
    CHECK(!create_vm(fixture.context, options));
    CHECK(phase(fixture) == "Running");
  }
  SECTION("it panics") {
    fixture.world.guest = [](const vmm::Instance& instance) {
      append(instance.console_log, "starting\nKernel panic - not syncing: no init\n---[ end ]\n");
    };
    const auto record = create_vm(fixture.context, options);
    REQUIRE(!record);
    CHECK(record.error().text().find("not syncing: no init") != std::string::npos);
    CHECK(fixture.left() == Strings{});
  }
  SECTION("it powers off, and the hypervisor ends a moment later") {
    fixture.world.guest = [](const vmm::Instance& instance) {
      append(instance.console_log, "[ 6.0] reboot: Power down\n");
    };
    fixture.world.guest_exits = true;
    fixture.world.evidence = {vmm::ExitReason::guest_shutdown, "the guest powered off", {}};
    const auto record = create_vm(fixture.context, options);
    REQUIRE(!record);
    CHECK(record.error().text().find("the guest powered off") != std::string::npos);
    CHECK(fixture.left() == Strings{});
  }
  SECTION("the hypervisor ends") {
    fixture.world.guest = [](const vmm::Instance& instance) {
      append(instance.console_log, "last words\n");
    };
    fixture.world.guest_exits = true;
    fixture.world.evidence = {vmm::ExitReason::guest_shutdown, "the guest powered off", {}};
    const auto record = create_vm(fixture.context, options);
    REQUIRE(!record);
    CHECK(record.error().text().find("the guest powered off") != std::string::npos);
    CHECK(record.error().text().find("last words") != std::string::npos);
    CHECK(record.error().hint() == "--keep leaves it to be looked at with 'flintctl vm logs web'");
    CHECK(fixture.left() == Strings{});
  }
  SECTION("the hypervisor ends before the guest says a word") {
    options.target.name_space = "prod";
    fixture.world.guest = [](const vmm::Instance& instance) { append(instance.console_log, ""); };
    fixture.world.guest_exits = true;
    const auto record = create_vm(fixture.context, options);
    REQUIRE(!record);
    CHECK(record.error().hint() ==
          "--keep leaves it to be looked at with 'flintctl vm logs --hypervisor -n prod web'");
  }
}

TEST_CASE("a VM that is to be started later has all but a process") {
  Fixture fixture;
  auto options = fixture.web();
  options.start = CreateOptions::Start::later;
  REQUIRE(create_vm(fixture.context, options));
  CHECK(fixture.world.alive.empty());
  CHECK(phase(fixture) == "Stopped");
}

TEST_CASE("a dry run names every step and makes none") {
  Fixture fixture;
  const auto plan = plan_create(fixture.context, fixture.web());
  REQUIRE(plan);
  const auto steps = describe(fixture.context, *plan);
  CHECK(steps.size() >= 5);
  CHECK(steps.back().find("/usr/bin/fake /boot/vmlinux") != std::string::npos);
  CHECK(steps.back().find("hostname=web") != std::string::npos);
  CHECK(fixture.client.calls().empty());
  CHECK(fixture.left().empty());
}

}  // namespace
}  // namespace flintctl::lifecycle
