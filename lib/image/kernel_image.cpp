// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_image.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "archive/tar_writer.hpp"
#include "core/units.hpp"
#include "image/cpio_writer.hpp"
#include "image/kernel_format.hpp"
#include "image/kernel_modules.hpp"
#include "image/kernel_payload.hpp"
#include "image/spool_file.hpp"
#include "sys/file.hpp"

namespace flintctl::image {
namespace {

constexpr std::size_t max_kernel = 256 * mib;
constexpr std::size_t max_module = 64 * mib;

std::vector<std::string_view> wanted_modules() {
  return {"virtio_mmio",
          "virtio_pci",
          "virtio_blk",
          "virtio_net",
          "virtio_rng",
          "virtio_console",
          "vmw_vsock_virtio_transport",
          "ext4",
          "button",
          "evdev"};
}
std::vector<std::string_view> required_modules() { return {"virtio_blk", "ext4"}; }

/// Runs as process 1 of the guest, before its disk is there.
constexpr std::string_view init_script = R"(#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
while read -r module; do $b insmod "/modules/$module"; done </modules/order
root=/dev/vda init=/sbin/init mode=rw
for word in $($b cat /proc/cmdline); do
  case $word in
    root=*) root=${word#root=} ;;
    init=*) init=${word#init=} ;;
    ro) mode=ro ;;
  esac
done
tries=0
until [ -b "$root" ]; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || { echo "initrd: there is no disk $root"; exec $b sh; }
  $b usleep 50000
done
$b mount -o $mode "$root" /root || { echo "initrd: cannot mount $root"; exec $b sh; }
$b mount --move /dev /root/dev
$b umount /sys /proc
exec $b switch_root /root "$init"
)";

std::string base_name(std::string_view file) {
  file.remove_prefix(file.rfind('/') == std::string_view::npos ? 0 : file.rfind('/') + 1);
  return std::string(file.substr(0, file.find(".ko") + 3));
}

}  // namespace

Result<std::string> kernel_version(std::string_view bzimage) {
  constexpr std::size_t magic = 0x202;
  constexpr std::size_t pointer = 0x20e;
  constexpr std::size_t longest = 200;
  const Error none(Code::data_loss, "it is no bzImage that says its version");
  if (bzimage.size() < pointer + 2 || bzimage.substr(magic, 4) != "HdrS") return none;
  const auto low = static_cast<unsigned char>(bzimage[pointer]);
  const auto high = static_cast<unsigned char>(bzimage[pointer + 1]);
  const std::size_t offset = 0x200 + (low | std::size_t{high} << 8U);
  if (offset >= bzimage.size()) return none;
  const auto text = bzimage.substr(offset, longest);
  const auto version = text.substr(0, text.find_first_of(std::string_view(" \0", 2)));
  if (version.empty() || version.find('/') != std::string_view::npos) return none;
  return std::string(version);
}

Result<std::string> build_initrd(const std::string& modules, std::string_view busybox) {
  const auto list = KernelModules::parse(
      TRY(sys::read_file(modules + "/modules.dep").context("the kernel's modules")),
      TRY(sys::read_file(modules + "/modules.builtin").context("the kernel's modules")));
  CpioWriter cpio;
  for (const char* const name : {"bin", "dev", "modules", "proc", "root", "sys"}) cpio.folder(name);
  cpio.file("bin/busybox", busybox, 0755);
  cpio.file("init", init_script, 0755);
  std::string order;
  for (const auto& file : TRY(list.load_order(wanted_modules(), required_modules()))) {
    const auto bytes = TRY(sys::read_file(modules + "/" + file, max_module));
    // Compressed or not: busybox loads plain ones only.
    const auto module = TRY(decompress_payload(bytes, max_module).context(file));
    cpio.file("modules/" + base_name(file), module);
    order += base_name(file) + "\n";
  }
  cpio.file("modules/order", order);
  return cpio.finish();
}

namespace {

/// It runs before any disk with a dynamic linker is there.
Result<std::string> read_busybox(const std::string& path) {
  constexpr auto hint =
      "the initrd needs a static busybox: apt-get install busybox-static, or --busybox FILE";
  auto busybox = sys::read_file(path, max_module);
  if (!busybox) return std::move(busybox).error().with_hint(hint);
  const auto whole = check_elf(*busybox);
  if (whole && is_static(*busybox)) return *std::move(busybox);
  const std::string why = whole ? "it needs a dynamic linker" : whole.error().text();
  return Error(Code::invalid_argument, fmt::format("{} cannot run in an initrd: {}", path, why))
      .with_hint(hint);
}

}  // namespace

Result<SavedImage> build_kernel_image(const InstalledKernel& kernel, const oci::Platform& platform,
                                      const std::string& spool) {
  const std::string bzimage = TRY(sys::read_file(kernel.file, max_kernel));
  const std::string version = TRY(kernel_version(bzimage).context(kernel.file));
  TRY(check_bzimage(bzimage).context(kernel.file));
  if (platform.architecture != "amd64" && platform.architecture != "386") {
    return Error(Code::invalid_argument,
                 fmt::format("{} is a kernel for x86, not for {}", kernel.file, platform.text()));
  }
  const std::string busybox = TRY(read_busybox(kernel.busybox));
  const std::string modules = kernel.modules.empty() ? "/lib/modules/" + version : kernel.modules;
  const std::string initrd = TRY(build_initrd(modules, busybox).context("building the initrd"));

  SpoolFile file = TRY(SpoolFile::create(spool, gib));
  archive::TarWriter tar([&](std::string_view bytes) { return file.append(bytes); });
  TRY(tar.file("boot/vmlinuz", bzimage));
  TRY(tar.file("boot/initrd", initrd));
  TRY(tar.finish());
  return image_of_file_system(TRY(file.reader()), platform, {}, spool);
}

}  // namespace flintctl::image
