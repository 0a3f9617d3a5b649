// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "image/kernel_index.hpp"
#include "image/pull_image.hpp"
#include "image/records.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "support/containerd/fake_client.hpp"
#include "support/images/documents.hpp"

namespace flintctl::image {
namespace {

using testing::documents;

/// A registry to which nothing connects: port 1 of this machine.
constexpr auto registry = "127.0.0.1:1";

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
  /// As a pull leaves it that wanted only files.
  void add_bootable(const std::string& text) {
    REQUIRE(client.lease_create("pull", {}));
    REQUIRE(write_records(*client.with_lease("pull"), reference(text), *documents(), std::nullopt,
                          Origin::registry));
    REQUIRE(client.lease_delete("pull"));
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

TEST_CASE("an image without a snapshot is there for those who want its cached files") {
  World world;
  world.add_bootable("kernel:1");
  const testing::Folder state;
  const auto cache = KernelCache::open(state.path());
  REQUIRE(cache);
  const auto reference = world.reference("kernel:1");
  PullOptions options;
  const auto found = [&] {
    return ensure(world.client, reference, PullPolicy::never, options, world.progress);
  };
  const auto refusal = [&] {
    return fmt::format("{}: {}", found().error().text(), found().error().hint());
  };
  CHECK(refusal().find("is here, but not unpacked: pull it") != std::string::npos);
  options.boot = BootTarget{&*cache, {}};
  CHECK(refusal().find("nor these boot files") != std::string::npos);

  state.write("kernels/" + std::string(64, 'a'), "kernel");
  const auto chain_id = documents()->chain.back().text();
  REQUIRE(KernelIndex(state.path("kernels/index")).put(chain_id, {}, {std::string(64, 'a'), ""}));
  REQUIRE(found());
  CHECK(found()->files->kernel.path == state.path("kernels/" + std::string(64, 'a')));
  // Other files of it may not have been taken.
  options.boot->request.kernel_file = "boot/other";
  CHECK_FALSE(found());
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
