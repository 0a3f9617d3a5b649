// SPDX-License-Identifier: Apache-2.0
#include "disk/disk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "core/units.hpp"
#include "disk/blkid.hpp"
#include "disk/users.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::disk {
namespace {

constexpr std::size_t start_bytes = mib;

Result<bool> starts_blank(int descriptor, const std::string& path) {
  std::string start(start_bytes, '\0');
  const auto count = ::pread(descriptor, start.data(), start.size(), 0);
  if (count < 0) return sys::last_error("reading " + path);
  return std::all_of(start.begin(), start.begin() + count, [](char c) { return c == '\0'; });
}

Result<> read_facts(int descriptor, Disk& disk) {
  const std::string what = "asking for the size of " + disk.path;
  if (::ioctl(descriptor, BLKGETSIZE64, &disk.size_bytes) != 0) return sys::last_error(what);
  int read_only = 0;
  if (::ioctl(descriptor, BLKROGET, &read_only) != 0) return sys::last_error(what);
  disk.read_only = read_only != 0;
  return {};
}

/// The kernel's own word: every mount, swap, md, dm and loop holds its device exclusively.
Result<bool> held_exclusively(const Disk& disk) {
  const UniqueFd exclusive(::open(disk.path.c_str(), O_RDONLY | O_CLOEXEC | O_EXCL));
  if (exclusive) return false;
  if (errno == EBUSY) return true;
  return sys::last_error("opening " + disk.path);
}

std::string contents_of(const Disk& disk) {
  std::string text;
  for (const Signature& signature : disk.signatures) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", signature.type);
    if (!signature.label.empty()) text += fmt::format(" '{}'", signature.label);
  }
  return text;
}

}  // namespace

Result<Disk> inspect(const std::string& path) {
  std::error_code error;
  Disk disk;
  disk.path = std::filesystem::canonical(path, error).string();
  if (error) return sys::from_errno(error.value(), "looking up the disk " + path);
  struct stat status = {};
  if (::stat(disk.path.c_str(), &status) != 0) return sys::last_error("looking up " + disk.path);
  if (!S_ISBLK(status.st_mode)) {
    return Error(Code::invalid_argument, path + " is not a block device")
        .with_hint("lsblk shows the disks of this host");
  }
  disk.major = major(status.st_rdev);
  disk.minor = minor(status.st_rdev);
  const UniqueFd device = TRY(sys::open(disk.path, O_RDONLY));
  TRY(read_facts(device.get(), disk));
  const std::string entry = fmt::format("/sys/dev/block/{}:{}", disk.major, disk.minor);
  disk.name = std::filesystem::canonical(entry, error).filename().string();
  disk.users = TRY(users_of(entry));
  if (disk.users.empty() && TRY(held_exclusively(disk))) {
    disk.users.emplace_back("is in use by a program or the kernel");
  }
  disk.signatures = TRY(find_signatures(device.get()).context("reading " + disk.path));
  disk.blank = TRY(starts_blank(device.get(), disk.path));
  return disk;
}

Result<> refuse_used(const Disk& disk, Contents contents) {
  if (!disk.users.empty()) {
    return Error(Code::aborted, fmt::format("{} {}", disk.path, disk.users.front()))
        .with_hint("choose another disk, or end that use first");
  }
  if (disk.read_only) return Error(Code::aborted, disk.path + " is read-only");
  if (contents == Contents::wipe) return {};
  const std::string hint = fmt::format(
      "choose another disk, or name it again to erase all that is on it: --wipe {}", disk.path);
  if (!disk.signatures.empty()) {
    return Error(Code::already_exists,
                 fmt::format("{} is not empty: it has {}", disk.path, contents_of(disk)))
        .with_hint(hint);
  }
  if (disk.blank) return {};
  return Error(Code::already_exists,
               fmt::format("{} is not empty: its first bytes are in no known format", disk.path))
      .with_hint(hint);
}

Result<> wipe(const Disk& disk) {
  const std::string what = "erasing " + disk.path;
  const UniqueFd device(::open(disk.path.c_str(), O_RDWR | O_CLOEXEC | O_EXCL));
  if (!device) return sys::last_error(what);
  TRY(erase_signatures(device.get()).context(what));
  const std::string zeroes(std::min<std::size_t>(start_bytes, disk.size_bytes), '\0');
  if (::lseek(device.get(), 0, SEEK_SET) != 0) return sys::last_error(what);
  TRY(sys::write_all(device.get(), zeroes).context(what));
  if (::fsync(device.get()) != 0) return sys::last_error(what);
  // A device that can have no partitions says so.
  if (::ioctl(device.get(), BLKRRPART) != 0 && errno != EINVAL && errno != ENOTTY) {
    return sys::last_error("having the kernel forget the partitions of " + disk.path);
  }
  return {};
}

Result<std::vector<Disk>> free_disks(const std::string& sysfs) {
  std::vector<Disk> found;
  for (const std::string& name : TRY(sys::list_directory(sysfs + "/block"))) {
    if (!may_be_proposed(fmt::format("{}/block/{}", sysfs, name))) continue;
    // One that went meanwhile, or has no node, is none to propose.
    const auto disk = inspect("/dev/" + name);
    if (disk && disk->is_free()) found.push_back(*disk);
  }
  return found;
}

}  // namespace flintctl::disk
