// SPDX-License-Identifier: Apache-2.0
#include "image/users.hpp"

#include "inventory/records.hpp"
#include "support/catch.hpp"
#include "support/containerd/fake_client.hpp"

using namespace flintctl;

namespace {

image::LocalImage image_named(const std::string& name, const std::string& manifest) {
  const oci::Descriptor target{"", oci::Digest::of("index of " + manifest), 1};
  return {name, target, {"", oci::Digest::of(manifest), 1}, {target, {}}, {}, {}, {}};
}

}  // namespace

TEST_CASE("an image is used by VMs whose disk, kernel or initrd is of it") {
  containerd::FakeClient client;
  inventory::Records records(client);
  vm::Record record;
  record.uid = "00000000000000aa";
  record.name = "web";
  record.name_space = "prod";
  record.created_at = *vm::parse_time("2024-01-01T00:00:00Z");
  record.image_digest = oci::Digest::of("os manifest").text();
  record.spec.root.image = "registry.example/os:1";
  record.spec.kernel.image = "registry.example/kernel";
  REQUIRE(records.begin(record));
  REQUIRE(records.write(record, vm::Stage::created));

  const auto users = cmd::ImageUsers::read(client);
  REQUIRE(users);
  const std::vector<std::string> web = {"prod/web"};
  // By content under another name, and by name when the tag has moved on.
  CHECK(users->of(image_named("other.example/os:2", "os manifest")) == web);
  CHECK(users->of(image_named("registry.example/os:1", "a newer one")) == web);
  CHECK(users->of(image_named("registry.example/kernel:latest", "kernel")) == web);
  CHECK(users->of(image_named("registry.example/os:3", "unused")).empty());
  CHECK_FALSE(users->unread());

  // One that is damaged may use any image: who removes images must know.
  record.uid = "00000000000000bb";
  record.name = "old";
  REQUIRE(client.lease_create("other", {}));
  const std::string broken = "no JSON";
  REQUIRE(client.with_lease("other")->content_write("y", broken,
                                                    containerd::FakeClient::digest_of(broken),
                                                    vm::record_labels(record, vm::Stage::created)));
  const auto with_damage = cmd::ImageUsers::read(client);
  REQUIRE(with_damage);
  CHECK(with_damage->of(image_named("registry.example/kernel:latest", "kernel")) == web);
  REQUIRE(with_damage->unread());
  CHECK(with_damage->unread()->text().find("prod/old") != std::string::npos);
}
