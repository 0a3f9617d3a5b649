// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_modules.hpp"

#include "image/cpio_writer.hpp"
#include "image/kernel_image.hpp"
#include "support/catch.hpp"

namespace flintctl::image {
namespace {

using Files = std::vector<std::string>;

const KernelModules& modules() {
  static const auto parsed = KernelModules::parse(
      "kernel/a/virtio.ko.xz: kernel/a/virtio_ring.ko.xz\n"
      "kernel/a/virtio_ring.ko.xz:\n"
      "kernel/b/virtio_blk.ko.xz: kernel/a/virtio.ko.xz kernel/a/virtio_ring.ko.xz\n"
      "kernel/c/virtio-rng.ko: kernel/a/virtio.ko.xz kernel/a/virtio_ring.ko.xz\n",
      "kernel/fs/ext4/ext4.ko\n");
  return parsed;
}

TEST_CASE("modules load after what they need, each once") {
  const auto order = modules().load_order({"virtio_blk", "virtio_rng"}, {});
  REQUIRE(order);
  CHECK(*order == Files{"kernel/a/virtio_ring.ko.xz", "kernel/a/virtio.ko.xz",
                        "kernel/b/virtio_blk.ko.xz", "kernel/c/virtio-rng.ko"});
}

TEST_CASE("built-in modules need no file, absent ones only where they are required") {
  CHECK(modules().load_order({"ext4", "xfs"}, {"ext4"}).value() == Files{});
  const auto missing = modules().load_order({"xfs"}, {"xfs"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code() == Code::not_found);
  CHECK(missing.error().text().find("xfs") != std::string::npos);
}

TEST_CASE("a kernel's version is in its header") {
  std::string kernel(4096, '\0');
  kernel.replace(0x202, 4, "HdrS");
  kernel[0x20f] = 4;  // 0x400, and so at 0x600
  kernel.replace(0x600, 24, "6.1.0-13-amd64 (builder)");
  CHECK(kernel_version(kernel).value() == "6.1.0-13-amd64");
  kernel[0x20f] = '\xff';
  CHECK_FALSE(kernel_version(kernel));
  CHECK_FALSE(kernel_version("short"));
  kernel[0x20f] = 4;
  kernel.replace(0x600, 6, "../etc");
  CHECK_FALSE(kernel_version(kernel));
}

TEST_CASE("a cpio archive has its members on boundaries of four bytes") {
  CpioWriter cpio;
  cpio.folder("d");
  cpio.file("d/f", "12345", 0755);
  const auto bytes = cpio.finish();
  CHECK(bytes.size() % 4 == 0);
  CHECK(bytes.starts_with("07070100000001000041ed"));
  const auto second = bytes.find("070701", 6);
  REQUIRE(second != std::string::npos);
  CHECK(second % 4 == 0);
  CHECK(bytes.substr(second + 54, 8) == "00000005");
  CHECK(bytes.find("TRAILER!!!") != std::string::npos);
}

}  // namespace
}  // namespace flintctl::image
