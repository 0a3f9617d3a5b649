// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/boot_sources.hpp"

#include <optional>

#include "image/kernel_index.hpp"
#include "image/records.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "support/containerd/fake_client.hpp"
#include "support/images/documents.hpp"
#include "sys/file.hpp"

namespace flintctl::lifecycle {
namespace {

using flintctl::testing::documents;
using flintctl::testing::Folder;

class NoDisplay : public image::ProgressDisplay {
 public:
  std::unique_ptr<image::Progress> of(std::size_t) override {
    return std::make_unique<image::NoProgress>();
  }
};

/// A host without a registry.
struct World {
  World() {
    settings.client = &client;
    settings.paths.state = state.path();
    settings.snapshotter = "devmapper";
    settings.pull.policy = image::PullPolicy::never;
    settings.pull.options = [](const oci::Reference&) {
      image::PullOptions options;
      options.registry.attempts = 1;
      return options;
    };
    settings.pull.display = [](const std::vector<std::string>&) {
      return std::make_unique<NoDisplay>();
    };
    spec.root.image = "registry.example/os:1";
    spec.kernel.image = "registry.example/kernel:1";
  }

  static std::string chain_id() { return documents()->chain.back().text(); }
  void add_image(const std::string& name, const std::optional<std::string>& snapshotter) {
    REQUIRE(client.lease_create("pull", {}));
    const auto leased = client.with_lease("pull");
    if (snapshotter && !client.snapshot_stat(*snapshotter, chain_id())) {
      REQUIRE(leased->snapshot_prepare(*snapshotter, "active", "", {}));
      REQUIRE(leased->snapshot_commit(*snapshotter, chain_id(), "active", {}));
    }
    REQUIRE(image::write_records(*leased, *oci::Reference::parse(name), *documents(), snapshotter,
                                 image::Origin::registry));
    REQUIRE(client.lease_delete("pull"));
  }
  void add_cached(const image::BootRequest& request) {
    REQUIRE(sys::make_directories(settings.paths.kernels(), 0700));
    REQUIRE(sys::write_file_atomic(settings.paths.kernels() + "/kernel", "kernel", 0600));
    REQUIRE(image::KernelIndex(settings.paths.kernels() + "/index")
                .put(chain_id(), request, {"kernel", ""}));
  }

  Folder state;
  containerd::FakeClient client;
  HostSettings settings;
  vm::Spec spec;
};

constexpr auto as_is = vmm::KernelFormat::elf_or_bzimage;

TEST_CASE("a kernel whose files are cached is here without a snapshot") {
  World world;
  world.add_image(world.spec.kernel.image, std::nullopt);
  world.add_cached({});
  BootSources sources(world.settings);
  const auto files = sources.boot_files(world.spec, as_is, "lease");
  REQUIRE(files);
  CHECK(files->kernel.path == world.settings.paths.kernels() + "/kernel");
  CHECK(files->initrd.path.empty());
  // In another format it is not, nor as a root.
  const auto elf = sources.boot_files(world.spec, vmm::KernelFormat::elf, "lease");
  REQUIRE_FALSE(elf);
  CHECK(elf.error().code() == Code::not_found);
  CHECK_FALSE(sources.image(world.spec.kernel.image));
  CHECK(sources.boot_files(world.spec, as_is, "lease"));
  CHECK(world.client.count("snapshot_view") == 0);
}

TEST_CASE("an image that is root and kernel alike is wanted with its snapshot") {
  World world;
  world.spec.root.image = "docker.io/library/both:1";
  world.spec.kernel.image = "both:1";
  world.add_image(world.spec.root.image, std::nullopt);
  world.add_cached({});
  const auto missing = BootSources(world.settings).ensure_images(world.spec, as_is);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().text().find("is here, but not unpacked") != std::string::npos);
  world.add_image(world.spec.root.image, "devmapper");
  BootSources sources(world.settings);
  REQUIRE(sources.ensure_images(world.spec, as_is));
  CHECK(sources.image(world.spec.root.image)->chain_id == World::chain_id());
  CHECK(sources.boot_files(world.spec, as_is, "lease"));
}

TEST_CASE("kernel and initrd of one image are one question") {
  World world;
  world.spec.initrd = {world.spec.kernel.image, "", "boot/initrd-a"};
  world.add_image(world.spec.kernel.image, std::nullopt);
  image::BootRequest both;
  both.initrd_file = "boot/initrd-a";
  world.add_cached(both);
  CHECK(BootSources(world.settings).boot_files(world.spec, as_is, "lease"));
  world.spec.initrd.image = "registry.example/initrd:1";
  CHECK_FALSE(BootSources(world.settings).boot_files(world.spec, as_is, "lease"));
}

TEST_CASE("who asks hears of the images that a registry was asked for, and of no other") {
  World world;
  world.spec.root.image = "127.0.0.1:1/os:1";  // no registry
  world.spec.kernel = {"", "/boot/vmlinux", ""};
  world.add_image(world.spec.root.image, "devmapper");
  std::vector<std::string> heard;
  world.settings.pull.pulled = [&](const image::PullResult& result) {
    heard.push_back(result.image.name);
  };
  world.settings.pull.policy = image::PullPolicy::missing;
  REQUIRE(BootSources(world.settings).ensure_images(world.spec, as_is));
  CHECK(heard.empty());
  world.settings.pull.policy = image::PullPolicy::always;
  BootSources sources(world.settings);
  const auto unanswered = BootSources(world.settings).ensure_images(world.spec, as_is);
  REQUIRE_FALSE(unanswered);  // always means to ask, and to have an answer
  CHECK(unanswered.error().code() == Code::registry);
  CHECK(heard.empty());
  // A digest means the same whatever the registry would say.
  world.spec.root.image = "127.0.0.1:1/os@" + documents()->target().digest.text();
  world.add_image(world.spec.root.image, "devmapper");
  REQUIRE(sources.ensure_images(world.spec, as_is));
  REQUIRE(sources.image(world.spec.root.image));
  CHECK(heard == std::vector<std::string>{world.spec.root.image});
}

}  // namespace
}  // namespace flintctl::lifecycle
