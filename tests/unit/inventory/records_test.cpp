// SPDX-License-Identifier: Apache-2.0
#include "inventory/records.hpp"

#include "inventory/paths.hpp"
#include "support/catch.hpp"
#include "support/containerd/fake_client.hpp"

namespace flintctl::inventory {
namespace {

using containerd::FakeClient;

vm::Record record(const std::string& name, const std::string& uid) {
  vm::Record record;
  record.uid = uid;
  record.name = name;
  record.created_at = *vm::parse_time("2024-01-01T00:00:00Z");
  record.spec.provider = "qemu";
  record.spec.root.image = "registry.example/os:1";
  return record;
}

constexpr auto uid_a = "00000000000000aa";
constexpr auto uid_b = "00000000000000bb";

TEST_CASE("a record is held by its lease from its commit on") {
  FakeClient client;
  client.collect_always();
  Records records(client);
  REQUIRE(records.begin(record("web", uid_a)));
  REQUIRE(records.write(record("web", uid_a), vm::Stage::created));
  const auto read = records.read("default", "web");
  REQUIRE(read);
  CHECK(read->uid == uid_a);
  REQUIRE(records.remove(uid_a));
  CHECK(client.remains().empty());
  CHECK(records.read("default", "web").error().code() == Code::not_found);
  CHECK(records.remove(uid_a));
}

TEST_CASE("without its lease no record is written") {
  FakeClient client;
  Records records(client);
  CHECK(!records.write(record("web", uid_a), vm::Stage::created));
  CHECK(client.remains().empty());
}

TEST_CASE("a list reads no blob") {
  FakeClient client;
  Records records(client);
  for (const auto& [name, uid] : {std::pair{"b", uid_b}, std::pair{"a", uid_a}}) {
    REQUIRE(records.begin(record(name, uid)));
    REQUIRE(records.write(record(name, uid), vm::Stage::created));
  }
  client.clear_calls();
  const auto list = records.list();
  REQUIRE(list);
  REQUIRE(list->size() == 2);
  CHECK((*list)[0].name == "a");
  CHECK((*list)[1].name == "b");
  CHECK(client.count("content_read") == 0);
  CHECK(records.list("other")->empty());
}

TEST_CASE("an update replaces the version before it") {
  FakeClient client;
  Records records(client);
  auto web = record("web", uid_a);
  REQUIRE(records.begin(web));
  REQUIRE(records.write(web, vm::Stage::created));
  web.version = 2;
  web.addresses = {"10.0.0.2"};
  REQUIRE(records.write(web, vm::Stage::created));
  CHECK(records.read("default", "web")->addresses == web.addresses);
  CHECK(client.content_list({})->size() == 1);
}

TEST_CASE("of two versions a reader takes the higher, and the next update cleans up") {
  FakeClient client;
  Records records(client);
  auto web = record("web", uid_a);
  REQUIRE(records.begin(web));
  REQUIRE(records.write(web, vm::Stage::created));
  web.version = 2;
  client.fail_nth("content_delete", 1);
  CHECK(!records.write(web, vm::Stage::created));
  CHECK(client.content_list({})->size() == 2);
  CHECK(records.list()->size() == 1);
  CHECK(records.read("default", "web")->version == 2);
  web.version = 3;
  REQUIRE(records.write(web, vm::Stage::created));
  CHECK(client.content_list({})->size() == 1);
}

TEST_CASE("a reader survives that the record is replaced under it") {
  FakeClient client;
  Records records(client);
  auto web = record("web", uid_a);
  REQUIRE(records.begin(web));
  REQUIRE(records.write(web, vm::Stage::created));
  bool replaced = false;
  client.on_call([&](const containerd::Call& call) {
    if (call.operation != "content_read" || replaced) return;
    replaced = true;
    web.version = 2;
    REQUIRE(records.write(web, vm::Stage::created));
  });
  const auto read = records.read("default", "web");
  REQUIRE(read);
  CHECK(read->version == 2);
}

TEST_CASE("a stage changes in place") {
  FakeClient client;
  Records records(client);
  REQUIRE(records.begin(record("web", uid_a)));
  const auto summary = records.write(record("web", uid_a), vm::Stage::creating);
  REQUIRE(summary);
  CHECK(records.find("default", "web")->stage == vm::Stage::creating);
  REQUIRE(records.set_stage(*summary, vm::Stage::created));
  CHECK(records.find("default", "web")->stage == vm::Stage::created);
}

TEST_CASE("a finished VM is preferred to an unfinished one of its name") {
  FakeClient client;
  Records records(client);
  REQUIRE(records.begin(record("web", uid_a)));
  REQUIRE(records.write(record("web", uid_a), vm::Stage::created));
  REQUIRE(records.begin(record("web", uid_b)));
  REQUIRE(records.write(record("web", uid_b), vm::Stage::creating));
  CHECK(records.find("default", "web")->uid == uid_a);
  CHECK(records.named("default", "web")->size() == 2);
  CHECK(records.leases()->size() == 2);
}

TEST_CASE("labels win over the blob") {
  FakeClient client;
  Records records(client);
  auto web = record("web", uid_a);
  web.labels = {{"app", "old"}};
  REQUIRE(records.begin(web));
  const auto summary = records.write(web, vm::Stage::created);
  REQUIRE(summary);
  REQUIRE(client.content_update_labels(summary->digest, {{"label.flintctl.dev/app", "new"}}));
  CHECK(records.read("default", "web")->labels == vm::Labels{{"app", "new"}});
}

TEST_CASE("other tools' blobs and damaged ones") {
  FakeClient client;
  Records records(client);
  REQUIRE(client.lease_create("other", {}));
  const auto leased = client.with_lease("other");
  const std::string foreign = "{}";
  REQUIRE(leased->content_write("x", foreign, FakeClient::digest_of(foreign),
                                {{"dev.liquidmetal.flintlockd/type", "microvm"}}));
  CHECK(records.list()->empty());
  const std::string broken = "no JSON";
  REQUIRE(leased->content_write("y", broken, FakeClient::digest_of(broken),
                                vm::record_labels(record("web", uid_a), vm::Stage::created)));
  CHECK(records.list()->size() == 1);
  const auto damaged = records.read("default", "web");
  REQUIRE(!damaged);
  CHECK(damaged.error().code() == Code::data_loss);
  CHECK(damaged.error().text().find("the record of VM 'web' cannot be read: ") == 0);
  CHECK(damaged.error().hint() == "'flintctl vm delete web' removes the VM");
}

}  // namespace
}  // namespace flintctl::inventory
