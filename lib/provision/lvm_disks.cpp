// SPDX-License-Identifier: Apache-2.0
#include "provision/lvm_disks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "provision/lvm_spec.hpp"

namespace flintctl::provision {

std::string physical_uuid(const disk::Disk& disk) {
  for (const disk::Signature& signature : disk.signatures) {
    if (signature.type == "LVM2_member") return signature.uuid;
  }
  return {};
}

bool holds(const std::vector<lvm::PhysicalVolume>& volumes, const std::string& uuid) {
  return !uuid.empty() &&
         std::any_of(volumes.begin(), volumes.end(),
                     [&](const lvm::PhysicalVolume& pv) { return pv.uuid == uuid; });
}

bool is_begun(const disk::Disk& disk, const lvm::Report& report) {
  const std::string uuid = physical_uuid(disk);
  return disk.users.empty() && is_own_physical_uuid(uuid) && holds(report.orphans, uuid);
}

std::string proposal(const std::vector<disk::Disk>& disks) {
  if (disks.empty()) return "no disk is named, and none is free";
  std::string text;
  for (const disk::Disk& disk : disks) {
    text +=
        fmt::format("{}{} ({})", text.empty() ? "" : ", ", disk.path, format_size(disk.size_bytes));
  }
  return fmt::format("no disk is named; free: {}; take one with --disk {}", text,
                     disks.front().path);
}

std::string contents_of(const disk::Disk& disk) {
  std::string text;
  for (const disk::Signature& signature : disk.signatures) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", signature.type);
  }
  return text.empty() ? "unknown data" : text;
}

}  // namespace flintctl::provision
