// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace flintctl::disk {

/// What libblkid recognises on a device: a filesystem, a RAID or LVM member, swap, a partition
/// table.
struct Signature {
  std::string type;   ///< "ext4", "LVM2_member", "linux_raid_member", "zfs_member", "swap", "gpt"
  std::string uuid;   ///< as the format writes it; empty when it has none
  std::string label;  ///< the same
};

/// A block device as it is now.
struct Disk {
  std::string path;  ///< of its node, links resolved: "/dev/sdb"
  std::string name;  ///< the kernel's: "sdb"
  unsigned major = 0;
  unsigned minor = 0;
  std::uint64_t size_bytes = 0;
  bool read_only = false;
  std::vector<Signature> signatures;
  bool blank = false;  ///< its first MiB is zeroes
  /// Who uses it or one of its partitions: "is mounted at /srv", "is in use as swap", "is held by
  /// md0". Empty when nobody does.
  std::vector<std::string> users;

  /// Nothing lies on it and nobody uses it.
  [[nodiscard]] bool is_free() const { return users.empty() && signatures.empty() && blank; }
};

/// Looks at a device, by any name of its node, and changes nothing. not_found when there is none,
/// invalid_argument when it is no block device.
Result<Disk> inspect(const std::string& path);

/// Why the disk must not be written to, or nothing: aborted while it is in use, already_exists when
/// something lies on it. `wipe` allows the second, and only that.
enum class Contents { refuse, wipe };
Result<> refuse_used(const Disk& disk, Contents contents);

/// Erases all signatures, as wipefs(8) does, and the first MiB, and has the kernel forget the
/// partitions. aborted when somebody uses the disk.
Result<> wipe(const Disk& disk);

/// Whole disks that are free, by name. Those that hold nothing for long, or belong to another layer
/// (loop, ram, zram, dm, md, CD, network block devices, removable ones), are none of them.
Result<std::vector<Disk>> free_disks(const std::string& sysfs = "/sys");

}  // namespace flintctl::disk
