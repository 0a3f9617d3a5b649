// SPDX-License-Identifier: Apache-2.0
#include "guest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>

#include "core/units.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/process.hpp"
#include "vmm/wait.hpp"

namespace flintctl::test {
namespace {

constexpr std::size_t largest_file = 64U << 20U;

std::string read(const std::string& path) {
  auto bytes = sys::read_file(path, largest_file);
  INFO(path);
  REQUIRE(bytes);
  return *std::move(bytes);
}

void write(const std::string& path, std::string_view bytes, mode_t mode = 0644) {
  REQUIRE(sys::make_directories(path.substr(0, path.rfind('/'))));
  REQUIRE(sys::write_file_atomic(path, bytes, mode));
}

/// One member of an initramfs. Documentation/driver-api/early-userspace/buffer-format.rst.
std::string cpio_member(std::string_view name, unsigned mode, std::string_view bytes) {
  std::string member = fmt::format(
      "070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}"
      "{:08x}{:08x}{:08x}{}",
      0, mode, 0, 0, 1, 0, bytes.size(), 0, 0, 0, 0, name.size() + 1, 0, name);
  member.append(1 + (4 - (member.size() + 1) % 4) % 4, '\0');
  member += bytes;
  member.append((4 - bytes.size() % 4) % 4, '\0');
  return member;
}

/// The path of a module of this kernel, found in its list of dependencies.
std::string module_path(const std::string& modules, const std::string& name) {
  const std::string list = "\n" + read(modules + "/modules.dep");
  const auto end = list.find("/" + name + ".ko:");
  REQUIRE(end != std::string::npos);
  const auto begin = list.rfind('\n', end) + 1;
  return modules + "/" + list.substr(begin, list.find(':', end) - begin);
}

std::string initrd(const std::string& version) {
  std::string archive;
  for (const char* folder : {"bin", "dev", "proc", "sys", "mnt", "modules"}) {
    archive += cpio_member(folder, 040755, {});
  }
  archive += cpio_member("bin/busybox", 0100755, read("/bin/busybox"));
  archive += cpio_member("init", 0100755, read(FLINTCTL_GUEST_SCRIPTS "/initrd-init"));
  char order = 'a';  // the initrd's init loads them by name
  for (const char* name :
       {"virtio_ring", "virtio", "virtio_mmio", "virtio_blk", "evdev", "button"}) {
    archive += cpio_member(fmt::format("modules/{}-{}.ko", order++, name), 0100644,
                           read(module_path("/lib/modules/" + version, name)));
  }
  return archive + cpio_member("TRAILER!!!", 0, {});
}

std::string kernel_version() {
  std::string newest;
  const auto names = sys::list_directory("/boot");
  REQUIRE(names);
  for (const auto& name : *names) {
    if (name.starts_with("vmlinuz-") && name.ends_with("-cloud-amd64")) newest = name.substr(8);
  }
  INFO("apt-get install linux-image-cloud-amd64");
  REQUIRE_FALSE(newest.empty());
  return newest;
}

void make_root(const std::string& folder, const std::string& image) {
  for (const char* name : {"dev", "proc", "sys"}) {
    REQUIRE(sys::make_directories(folder + "/" + name));
  }
  write(folder + "/bin/busybox", read("/bin/busybox"), 0755);
  write(folder + "/sbin/init", read(FLINTCTL_GUEST_SCRIPTS "/init"), 0755);
  const auto mkfs = sys::find_program("mkfs.ext4");
  REQUIRE(mkfs);
  const auto made = sys::run({*mkfs, "-q", "-F", "-d", folder, image, "8M"});
  REQUIRE(made);
  INFO(made->err);
  REQUIRE(made->status.ok());
}

}  // namespace

Guest::Guest() {
  char name[] = "/tmp/flintctl-guest-XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  folder_ = name;
  const std::string version = kernel_version();
  kernel_ = "/boot/vmlinuz-" + version;
  write(folder_ + "/initrd", initrd(version));
  make_root(folder_ + "/root", folder_ + "/root.img");
}

Guest::~Guest() { (void)sys::remove_tree(folder_); }

vmm::Machine Guest::machine() const {
  vmm::Machine machine;
  const std::string uid = sys::random_hex(8);
  const std::string own = folder_ + "/" + uid;
  machine.instance = {uid, own + "/run", own + "/log/console.log"};
  machine.name = "test";
  machine.memory_bytes = 128 * mib;
  machine.kernel = kernel_;
  machine.initrd = folder_ + "/initrd";
  write(own + "/root.img", read(folder_ + "/root.img"));
  machine.disks = {{"root", own + "/root.img", false}};
  return machine;
}

std::string await_text(const std::string& path, const std::string& text,
                       std::chrono::seconds timeout, std::size_t offset) {
  const UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  REQUIRE(::inotify_add_watch(watch.get(), path.c_str(), IN_MODIFY) >= 0);
  const vmm::Deadline deadline(timeout);
  for (;;) {
    const std::string all = read(path);
    const std::string behind = all.substr(std::min(offset, all.size()));
    if (behind.find(text) != std::string::npos) return behind;
    if (deadline.left().count() == 0) {
      FAIL("'" << text << "' did not come; there is:\n" << behind);
    }
    pollfd event = {watch.get(), POLLIN, 0};
    (void)::poll(&event, 1, static_cast<int>(deadline.left().count()));
    char buffer[4096];
    while (::read(watch.get(), buffer, sizeof buffer) > 0) {
    }
  }
}

}  // namespace flintctl::test
