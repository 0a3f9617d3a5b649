// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "image/documents.hpp"
#include "image/pull_image.hpp"
#include "image/records.hpp"
#include "support/catch.hpp"
#include "support/containerd/fake_client.hpp"

namespace flintctl::image {
namespace {

/// A registry to which nothing connects: port 1 of this machine.
constexpr auto registry = "127.0.0.1:1";

oci::Descriptor described(const std::string& type, const std::string& bytes) {
  return {"application/vnd.oci.image." + type + ".v1+json", oci::Digest::of(bytes), bytes.size()};
}

std::string layer_digest() { return oci::Digest::of("layer").text(); }

Result<Documents> documents() {
  const std::string config = fmt::format(
      R"({{"architecture":"{}","os":"linux","rootfs":{{"type":"layers","diff_ids":["{}"]}}}})",
      oci::host_platform().architecture, layer_digest());
  const std::string manifest = fmt::format(
      R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
      R"("config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},)"
      R"("layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":5}}]}})",
      oci::Digest::of(config).text(), config.size(), layer_digest());
  return read_documents(described("manifest", manifest), oci::host_platform(),
                        [&](const oci::Descriptor&, DocumentKind kind) -> Result<std::string> {
                          return kind == DocumentKind::config ? config : manifest;
                        });
}

struct World {
  containerd::FakeClient client;
  NoProgress progress;

  oci::Reference reference(const std::string& text) const {
    return oci::Reference::parse(fmt::format("{}/{}", registry, text)).value();
  }
  /// As a pull leaves it.
  std::string add_image(const std::string& text) {
    const auto read = documents();
    REQUIRE(read);
    REQUIRE(client.lease_create("pull", {}));
    const auto leased = client.with_lease("pull");
    REQUIRE(leased->snapshot_prepare("devmapper", "active", "", {}));
    const auto chain_id = read->chain.back().text();
    REQUIRE(leased->snapshot_commit("devmapper", chain_id, "active", {}));
    REQUIRE(write_records(*leased, reference(text), *read, "devmapper", Origin::registry));
    REQUIRE(client.lease_delete("pull"));
    return read->target().digest.text();
  }
  Result<PullResult> pull_now(const std::string& text) {
    PullOptions options;
    options.registry.attempts = 1;
    return pull(client, reference(text), options, progress);
  }
};

TEST_CASE("a registry that is down does not matter while the image is local") {
  World world;
  world.add_image("os:1");
  const auto before = world.client.remains();
  const auto result = world.pull_now("os:1");
  REQUIRE(result);
  CHECK(result->outcome == PullOutcome::unchanged);
  CHECK(result->warning.find("127.0.0.1:1") != std::string::npos);
  CHECK(world.client.remains() == before);
}

TEST_CASE("a registry that is down is an error when the image is not local, or not unpacked") {
  World world;
  world.add_image("os:1");
  const auto other = world.pull_now("os:2");
  REQUIRE_FALSE(other);
  CHECK(other.error().code() == Code::registry);
  CHECK_FALSE(other.error().hint().empty());

  const auto chain_id = documents().value().chain.back().text();
  REQUIRE(world.client.snapshot_remove("devmapper", chain_id));
  const auto broken = world.pull_now("os:1");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code() == Code::registry);
}

TEST_CASE("for a digest that is local the registry is not asked") {
  World world;
  const auto name = "os@" + documents().value().target().digest.text();
  world.add_image(name);
  const auto result = world.pull_now(name);
  REQUIRE(result);
  CHECK(result->outcome == PullOutcome::unchanged);
  CHECK(result->warning.empty());
}

}  // namespace
}  // namespace flintctl::image
