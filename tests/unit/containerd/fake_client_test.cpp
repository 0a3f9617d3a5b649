// SPDX-License-Identifier: Apache-2.0
#include "support/containerd/fake_client.hpp"

#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::containerd;

namespace {

using Lines = std::vector<std::string>;

std::string write(Client& client, const std::string& bytes, const Labels& labels = {}) {
  const auto digest = FakeClient::digest_of(bytes);
  REQUIRE(client.content_write("ref-" + bytes, bytes, digest, labels));
  return digest;
}

}  // namespace

TEST_CASE("a lease holds what was made under it until it is deleted") {
  FakeClient client;
  REQUIRE(client.lease_create("l", {}));
  const auto leased = client.with_lease("l");
  const auto digest = write(*leased, "record");
  REQUIRE(leased->snapshot_prepare("devmapper", "root", "", {}));
  client.collect();
  CHECK(client.remains() == Lines{"content " + digest, "lease l", "snapshot devmapper/root"});
  REQUIRE(client.lease_delete("l"));
  CHECK(client.remains().empty());
}

TEST_CASE("a write under a lease that is gone is refused") {
  FakeClient client;
  const auto leased = client.with_lease("gone");
  const auto written = leased->content_write("r", "x", FakeClient::digest_of("x"), {});
  REQUIRE_FALSE(written);
  CHECK(written.error().code() == Code::not_found);
}

TEST_CASE("a root label and the references of labels keep what they name") {
  FakeClient client;
  REQUIRE(client.lease_create("l", {}));
  const auto leased = client.with_lease("l");
  const auto config = write(*leased, "config");
  REQUIRE(leased->snapshot_prepare("devmapper", "a", "", {}));
  REQUIRE(leased->snapshot_commit("devmapper", "base", "a", {}));
  REQUIRE(leased->snapshot_prepare("devmapper", "disk", "base", {}));
  const auto record = write(*leased, "record",
                            {{"containerd.io/gc.root", "yes"},
                             {"containerd.io/gc.ref.content.config", config},
                             {"containerd.io/gc.ref.snapshot.devmapper/root", "disk"}});
  REQUIRE(client.lease_delete("l"));
  CHECK(client.remains().size() == 4);
  REQUIRE(client.content_delete(record));
  client.collect();
  CHECK(client.remains().empty());
}

TEST_CASE("an image keeps its target, and its delete collects") {
  FakeClient client;
  REQUIRE(client.lease_create("l", {}));
  const auto manifest = write(*client.with_lease("l"), "manifest");
  REQUIRE(
      client.image_put({"docker.io/library/x:1", {}, {"application/json", manifest, 8}, {}, {}}));
  REQUIRE(client.lease_delete("l"));
  CHECK(client.remains() == Lines{"content " + manifest, "image docker.io/library/x:1"});
  REQUIRE(client.image_delete("docker.io/library/x:1"));
  CHECK(client.remains().empty());
}

TEST_CASE("snapshots need a committed parent and keep their place below children") {
  FakeClient client;
  const auto orphan = client.snapshot_prepare("devmapper", "x", "none", {});
  REQUIRE_FALSE(orphan);
  CHECK(orphan.error().code() == Code::not_found);
  REQUIRE(client.snapshot_prepare("devmapper", "a", "", {}));
  const auto on_active = client.snapshot_prepare("devmapper", "b", "a", {});
  REQUIRE_FALSE(on_active);
  CHECK(on_active.error().code() == Code::invalid_argument);
  REQUIRE(client.snapshot_commit("devmapper", "base", "a", {}));
  CHECK_FALSE(client.snapshot_stat("devmapper", "a"));
  CHECK(client.snapshot_stat("devmapper", "base")->kind == SnapshotKind::committed);
  REQUIRE(client.snapshot_view("devmapper", "v", "base", {}));
  const auto removed = client.snapshot_remove("devmapper", "base");
  REQUIRE_FALSE(removed);
  CHECK(removed.error().code() == Code::aborted);
}

TEST_CASE("a chosen call fails once, with or without its effect") {
  FakeClient client;
  client.fail_nth("lease_create", 2);
  CHECK(client.lease_create("a", {}));
  CHECK_FALSE(client.lease_create("b", {}));
  CHECK(client.lease_create("b", {}));
  client.fail_nth("*", 1, Error(Code::unavailable, "lost"), FakeClient::Effect::done);
  CHECK_FALSE(client.lease_create("c", {}));
  CHECK(client.remains() == Lines{"lease a", "lease b", "lease c"});
  client.fail_from("*", 1);
  CHECK_FALSE(client.lease_list({}));
  CHECK_FALSE(client.lease_list({}));
  client.heal();
  CHECK(client.lease_list({}));
  CHECK(client.count("lease_create") == 4);
}

TEST_CASE("filters are containerd's") {
  FakeClient client;
  REQUIRE(client.lease_create("l", {}));
  const auto leased = client.with_lease("l");
  write(*leased, "one", {{"x.io/name", "web"}, {"x.io/kind", "vm"}});
  write(*leased, "two", {{"x.io/name", "db"}, {"x.io/kind", "vm"}});
  write(*leased, "three", {{"other", "1"}});
  const auto found = [&](const Lines& filters) { return client.content_list(filters)->size(); };
  CHECK(found({}) == 3);
  CHECK(found({R"(labels."x.io/kind"==vm)"}) == 2);
  CHECK(found({R"(labels."x.io/kind"==vm,labels."x.io/name"=="web")"}) == 1);
  CHECK(found({R"(labels."x.io/name"==web)", R"(labels."x.io/name"==db)"}) == 2);
  CHECK(found({R"(labels."x.io/name"~=^w)"}) == 1);
  CHECK(found({R"(labels."x.io/kind"!=vm)"}) == 1);
  CHECK(found({R"(labels."x.io/name")"}) == 2);
  CHECK_FALSE(client.content_list({"=="}));
}
