// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "provision/lvm_step.hpp"
#include "thinpool/deactivate.hpp"

namespace flintctl::provision {
namespace {

using lvm::LogicalName;
using lvm::LogicalVolume;
using lvm::Report;
using lvm::VolumeGroup;

LogicalName split(const std::string& target) {
  const auto slash = target.find('/');
  return {target.substr(0, slash), slash == std::string::npos ? "" : target.substr(slash + 1)};
}

/// The group of that name, if it still stands on the disk that was marked for it.
const VolumeGroup* own_group(const Report& report, const std::string& name, const Change& change) {
  const VolumeGroup* group = report.find(name);
  if (group == nullptr) return nullptr;
  const std::string uuid = change.details.string_or("uuid");
  const bool own = std::any_of(group->physical.begin(), group->physical.end(),
                               [&](const lvm::PhysicalVolume& pv) { return pv.uuid == uuid; });
  return own ? group : nullptr;
}

/// The pool's old metadata, as `pool repair` leaves it: POOL_meta0.
bool is_kept_metadata(const std::string& volume, const std::string& pool) {
  const std::string start = pool + "_meta";
  return volume.starts_with(start) && volume.size() > start.size() &&
         volume.find_first_not_of("0123456789", start.size()) == std::string::npos;
}

Result<Undone> undo_pool(const Change& change, Data data, PoolDrivers& drivers) {
  const LogicalName name = split(change.target);
  const Report report = TRY(lvm::read_report(drivers.lvm()));
  const VolumeGroup* group = own_group(report, name.group, change);
  const LogicalVolume* pool = group == nullptr ? nullptr : group->find(name.volume);
  if (pool == nullptr) return Undone::done;
  if (const auto driver = drivers.devmapper()) {
    TRY(thinpool::deactivate_volumes(lvm::dm_name(name), **driver));
  }
  if (data == Data::remove) {
    TRY(drivers.lvm().run({"lvremove", "--yes", name.text()}));
    for (const LogicalVolume& volume : group->logical) {
      if (!is_kept_metadata(volume.name, name.volume)) continue;
      TRY(drivers.lvm().run({"lvremove", "--yes", LogicalName{name.group, volume.name}.text()}));
    }
    return Undone::done;
  }
  TRY(drivers.lvm().run({"lvchange", "--activate", "n", name.text()}));
  return Undone::kept;
}

/// A volume without the profile's file would be named in a warning by every LVM program.
Result<Undone> undo_profile(const Change& change, lvm::Tools& tools) {
  const LogicalName name = split(change.target);
  const Report report = TRY(lvm::read_report(tools));
  const VolumeGroup* group = report.find(name.group);
  const LogicalVolume* pool = group == nullptr ? nullptr : group->find(name.volume);
  if (pool == nullptr || !pool->profile.starts_with("flintctl-")) return Undone::done;
  const std::string before = change.details.string_or("before");
  if (before.empty()) {
    TRY(tools.run({"lvchange", "--detachprofile", name.text()}));
  } else {
    TRY(tools.run({"lvchange", "--metadataprofile", before, name.text()}));
  }
  return Undone::done;
}

Result<Undone> undo_group(const Change& change, Data data, lvm::Tools& tools) {
  const Report report = TRY(lvm::read_report(tools));
  const VolumeGroup* group = own_group(report, change.target, change);
  if (group == nullptr) return Undone::done;
  if (data == Data::keep && !group->logical.empty()) return Undone::kept;
  // Without --force: it fails rather than take a volume along.
  TRY(tools.run({"vgremove", change.target}));
  return Undone::done;
}

/// pvremove(8) leaves the text of the group's metadata, by which the disk would not count as blank.
Result<> blank(const std::string& device, Disks& disks) {
  const auto disk = TRY(disks.inspect(device));
  return disk.users.empty() && disk.signatures.empty() ? disks.wipe(disk) : Result<>();
}

Result<Undone> undo_physical(const Change& change, PoolDrivers& drivers) {
  const Report report = TRY(lvm::read_report(drivers.lvm()));
  const std::string uuid = change.details.string_or("uuid");
  for (const lvm::PhysicalVolume& orphan : report.orphans) {
    if (orphan.uuid != uuid) continue;
    TRY(drivers.lvm().run({"pvremove", orphan.device}));
    TRY(blank(orphan.device, drivers.disks()));
  }
  for (const VolumeGroup& group : report.groups) {
    for (const lvm::PhysicalVolume& pv : group.physical) {
      if (pv.uuid == uuid) return Undone::kept;
    }
  }
  return Undone::done;
}

/// LVM's own volumes in our pool are others': with the pool not active they are not either.
Result<> refuse_thin_volumes(const Change& change, Data data, const Report& report) {
  const LogicalName name = split(change.target);
  const VolumeGroup* group = own_group(report, name.group, change);
  if (group == nullptr) return {};
  for (const LogicalVolume& volume : group->logical) {
    if (volume.pool != name.volume || (data == Data::keep && !volume.active)) continue;
    const std::string text = LogicalName{name.group, volume.name}.text();
    return Error(Code::aborted,
                 fmt::format("the thin pool {} is in use: the volume {}, which flintctl did not "
                             "make, is in it{}",
                             name.text(), text, volume.active ? " and is active" : ""))
        .with_hint("if nobody needs it: " +
                   std::string(data == Data::keep ? "lvchange --activate n " : "lvremove ") + text);
  }
  return {};
}

}  // namespace

Result<> LvmStep::allow_undo(const Change& change, Data data) {
  if (change.kind == "pool") {
    TRY(refuse_thin_volumes(change, data, TRY(report())));
    const auto driver = drivers_.devmapper();
    if (!driver) return {};
    return thinpool::refuse_in_use(lvm::dm_name(split(change.target)), **driver);
  }
  if (change.kind != "volume-group" || data == Data::keep) return {};
  const Report found = TRY(report());
  const VolumeGroup* group = own_group(found, change.target, change);
  if (group == nullptr) return {};
  for (const LogicalVolume& volume : group->logical) {
    const std::string pool = change.details.string_or("pool");
    if (volume.name == pool || is_kept_metadata(volume.name, pool)) continue;
    return Error(Code::aborted, fmt::format("the volume group '{}' has the volume '{}', which "
                                            "flintctl did not make",
                                            group->name, volume.name))
        .with_hint(fmt::format("remove it first (lvremove {}/{}), or keep the data: leave out "
                               "--delete-data",
                               group->name, volume.name));
  }
  return {};
}

Result<Undone> LvmStep::undo(const Change& change, Data data, Notes& notes) {
  if (change.kind == "pool") return undo_pool(change, data, drivers_);
  if (change.kind == "autoextend") return undo_profile(change, drivers_.lvm());
  if (change.kind == "volume-group") return undo_group(change, data, drivers_.lvm());
  if (change.kind == "physical-volume") return undo_physical(change, drivers_);
  return Step::undo(change, data, notes);
}

}  // namespace flintctl::provision
