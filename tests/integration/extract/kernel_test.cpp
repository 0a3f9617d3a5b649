// SPDX-License-Identifier: Apache-2.0
#include "core/units.hpp"
#include "disk.hpp"
#include "image/kernel_cache.hpp"
#include "layers.hpp"
#include "support/catch.hpp"
#include "support/containerd/fake_client.hpp"

namespace flintctl::image {
namespace {

using testing::Folder;

/// An image's tree on a disk of its own, with the kernel that Debian ships.
struct KernelDisk {
  archive::Disk disk;
  std::string vmlinuz;

  KernelDisk() {
    const auto names = sys::list_directory("/boot").value_or({});
    const auto found = std::find_if(names.begin(), names.end(), [](const std::string& name) {
      return name.starts_with("vmlinuz-");
    });
    REQUIRE(found != names.end());
    vmlinuz = sys::read_file("/boot/" + *found, 64 * mib).value_or("");
    testing::TarBuilder tar;
    tar.file("boot/vmlinuz-6", vmlinuz).symlink("boot/vmlinuz", "vmlinuz-6");
    tar.file("boot/initrd.img-6", "an initrd").symlink("sbin/init", "/lib/init");
    tar.add({.name = "lib/init", .mode = 0755});
    archive::LayerFile file(tar.finish());
    const auto made = archive::extract(disk.mount(), {file.layer()});
    INFO((made ? std::string() : made.error().text()));
    REQUIRE(made);
  }
};

template <typename T>
T value_of(Result<T> result) {
  INFO((result ? std::string() : result.error().text()));
  REQUIRE(result);
  return *std::move(result);
}

TEST_CASE("kernel and initrd come out of a mounted image, which is free at once") {
  const KernelDisk image;
  const Folder state;
  auto cache = value_of(KernelCache::open(state.path()));
  const auto files = value_of(cache.from_mount(image.disk.mount(), {}));
  CHECK(image.disk.is_free());
  CHECK(sys::read_file(files.kernel.path, 64 * mib).value_or("") == image.vmlinuz);
  CHECK(sys::read_file(files.initrd.path).value_or("") == "an initrd");
}

TEST_CASE("a bzImage becomes the ELF program that Firecracker wants") {
  const KernelDisk image;
  const Folder state;
  auto cache = value_of(KernelCache::open(state.path()));
  BootRequest request;
  request.format = KernelFormat::elf;
  const auto files = value_of(cache.from_mount(image.disk.mount(), request));
  const auto vmlinux = value_of(sys::read_file(files.kernel.path, 512 * mib));
  CHECK(check_elf(vmlinux));
  CHECK(vmlinux.size() > image.vmlinuz.size());
  CHECK(vmlinux.find("Linux version ") != std::string::npos);
}

TEST_CASE("a snapshot is viewed once, and the view is gone afterwards") {
  const KernelDisk image;
  const Folder state;
  containerd::FakeClient client;
  client.set_mounts([&](const std::string&, unsigned) {
    return std::vector{containerd::Mount{"ext4", image.disk.device(), "", {"ro"}}};
  });
  REQUIRE(client.lease_create("lease", {}));
  const auto leased = client.with_lease("lease");
  REQUIRE(leased->snapshot_prepare("devmapper", "key", "", {}));
  REQUIRE(leased->snapshot_commit("devmapper", "chain", "key", {}));
  auto cache = value_of(KernelCache::open(state.path()));
  auto first = value_of(cache.from_snapshot(*leased, "devmapper", "chain", {}));
  const auto second = value_of(cache.from_snapshot(*leased, "devmapper", "chain", {}));
  CHECK(first.kernel.path == second.kernel.path);
  CHECK(client.count("snapshot_view") == 1);
  CHECK(client.count("snapshot_remove") == 1);
  // Another question is another look, and so is the same one after the file is gone.
  BootRequest kernel_only;
  kernel_only.parts = BootRequest::Parts::kernel;
  CHECK(value_of(cache.from_snapshot(*leased, "devmapper", "chain", kernel_only))
            .initrd.path.empty());
  CHECK(client.count("snapshot_view") == 2);
  REQUIRE(sys::remove_file(first.initrd.path));
  CHECK(cache.from_snapshot(*leased, "devmapper", "chain", {}));
  CHECK(client.count("snapshot_view") == 3);
}

TEST_CASE("a view is removed when the image has no kernel") {
  const archive::Disk empty("16M");
  const Folder state;
  containerd::FakeClient client;
  client.set_mounts([&](const std::string&, unsigned) {
    return std::vector{containerd::Mount{"ext4", empty.device(), "", {"ro"}}};
  });
  REQUIRE(client.snapshot_prepare("devmapper", "key", "", {}));
  REQUIRE(client.snapshot_commit("devmapper", "chain", "key", {}));
  auto cache = value_of(KernelCache::open(state.path()));
  const auto result = cache.from_snapshot(client, "devmapper", "chain", {});
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::not_found);
  CHECK(std::string(result.error().hint()).find("--kernel-file") != std::string::npos);
  CHECK(client.count("snapshot_remove") == 1);
  CHECK(empty.is_free());
}

TEST_CASE("a folder that layers were unpacked to goes, however deep they are") {
  const Folder state;
  const auto cache = value_of(KernelCache::open(state.path()));
  testing::TarBuilder tar;
  tar.file("boot/vmlinuz",
           "\x7f"
           "ELF")
      .add({.name = "su", .data = "s", .mode = 04755});
  // More folders in each other than a process may have files open by default.
  std::string deep = "d";
  for (int level = 1; level < 1500; ++level) deep += "/d";
  tar.add({.name = deep, .type = '5', .mode = 0});
  archive::LayerFile file(tar.finish());
  {
    const auto folder = value_of(cache.layer_folder());
    const auto mount = value_of(single_mount({folder.mount()}));
    const auto made = archive::extract(mount, {file.layer()});
    INFO((made ? std::string() : made.error().text()));
    REQUIRE(made);
    CHECK(value_of(cache.from_layers(folder, "chain", {})).initrd.path.empty());
    CHECK(value_of(sys::list_directory(cache.path())).size() == 3);
  }
  CHECK(value_of(sys::list_directory(cache.path())).size() == 2);  // the kernel and the index
  CHECK(cache.find("chain", {}));
}

TEST_CASE("files named by hand, and what is wrong with them") {
  const KernelDisk image;
  const Folder state;
  auto cache = value_of(KernelCache::open(state.path()));
  const auto code = [&](const BootRequest& request) {
    const auto result = cache.from_mount(image.disk.mount(), request);
    return result ? Code::unknown : result.error().code();
  };
  BootRequest request;
  request.kernel_file = "/boot/vmlinuz";
  CHECK(cache.from_mount(image.disk.mount(), request));
  request.kernel_file = "boot/nothing";
  CHECK(code(request) == Code::not_found);
  request.kernel_file = "boot";
  CHECK(code(request) == Code::invalid_argument);
  request.kernel_file = "boot/initrd.img-6";
  CHECK(code(request) == Code::invalid_argument);
  CHECK(image.disk.is_free());
}

TEST_CASE("an image's init is looked for in the image") {
  const KernelDisk image;
  const archive::Disk empty("16M");
  CHECK(value_of(check_init(image.disk.mount())) == "/sbin/init");
  CHECK_FALSE(check_init(image.disk.mount(), "/bin/bash"));
  const auto none = check_init(empty.mount());
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == Code::invalid_argument);
  CHECK_FALSE(none.error().hint().empty());
  CHECK(empty.is_free());
}

}  // namespace
}  // namespace flintctl::image
