// SPDX-License-Identifier: Apache-2.0
#include "provision/lvm_step.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "core/units.hpp"
#include "provision/devpool_step.hpp"
#include "provision/lvm_disks.hpp"
#include "sys/host.hpp"
#include "thinpool/pool.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::provision {
namespace {

using lvm::LogicalVolume;
using lvm::PhysicalVolume;
using lvm::Report;
using lvm::VolumeGroup;

constexpr auto thin_pool = "thin-pool";
/// LVM keeps its own data in the first extent's place, and rounds what is left down.
constexpr std::uint64_t usual_extent = 4 * mib;

bool is_own(const VolumeGroup& group) {
  return !group.physical.empty() &&
         std::all_of(group.physical.begin(), group.physical.end(),
                     [](const PhysicalVolume& pv) { return is_own_physical_uuid(pv.uuid); });
}

/// "/dev/disk/by-id/…" as systemd calls the unit of that device. systemd.device(5).
std::string device_unit(const std::string& uuid) {
  std::string escaped;
  for (const char c : uuid) escaped += c == '-' ? std::string("\\x2d") : std::string(1, c);
  return "dev-disk-by\\x2did-lvm\\x2dpv\\x2duuid\\x2d" + escaped + ".device";
}

/// A pool of ours under another name: the next one would be empty, if there is room for it at all.
Result<> refuse_renamed(const VolumeGroup& group, const std::string& wanted) {
  for (const LogicalVolume& volume : group.logical) {
    if (volume.type != thin_pool) continue;
    return Error(Code::already_exists,
                 fmt::format("the volume group '{}' has the thin pool '{}', and none called '{}'",
                             group.name, volume.name, wanted))
        .with_hint(fmt::format("if it was renamed: lvrename {0} {1} {2}; or use it as it is: --lv "
                               "{1}, or lv in [lvm] of host.toml",
                               group.name, volume.name, wanted));
  }
  return {};
}

Result<> refuse_exported(const VolumeGroup* group) {
  if (group == nullptr || !group->exported) return {};
  return Error(Code::host_not_ready,
               fmt::format("the volume group '{}' is exported: nothing of it can be used",
                           group->name))
      .with_hint("vgimport " + group->name);
}

/// LVM gives the name of a pool that has, or once had, volumes of its own to a layer above it,
/// which takes no messages: no volume can be made through that.
std::optional<Error> layered(const lvm::LogicalName& name, devmapper::Driver& driver) {
  const auto table = driver.table(lvm::dm_name(name));
  if (!table || table->size() != 1 || table->front().type == thin_pool) return std::nullopt;
  return Error(Code::already_exists,
               "LVM keeps it for volumes of its own, now or once, and containerd cannot use it")
      .with_hint(
          fmt::format("if nothing in it is needed: lvremove {}, then this again", name.text()));
}

/// Why the kernel's pool does not work; what LVM says of it is another matter.
std::optional<Error> unwell(const lvm::LogicalName& name, PoolDrivers& drivers) {
  const auto driver = drivers.loaded_devmapper();
  const auto loops = drivers.loaded_loops();
  if (!driver || !loops) return {};
  if (auto error = layered(name, **driver)) return error;
  const auto pool = thinpool::inspect(lvm::dm_name(name), **driver, **loops);
  return pool ? thinpool::unwell(*pool) : std::nullopt;
}

}  // namespace

Result<> LvmStep::run(const std::vector<std::string>& words) const {
  TRY(drivers_.lvm().run(words));
  return {};
}

HostFile LvmStep::profile() const {
  return {lvm::profile_path(paths_.etc, spec_.dm_name()), profile_text(spec_)};
}

Result<std::vector<HostUnit>> LvmStep::units(const Report& report) const {
  const VolumeGroup* group = report.find(spec_.name.group);
  if (group == nullptr || !services_.running()) return std::vector<HostUnit>();
  std::string devices;
  for (const PhysicalVolume& pv : group->physical) devices += " " + device_unit(pv.uuid);
  const std::string command = fmt::format(
      "{} provision lvm --at-boot --vg {} --lv {}", quote_argument(TRY(sys::own_executable())),
      quote_argument(spec_.name.group), quote_argument(spec_.name.volume));
  // udev has LVM activate the group as well, but in its own time, which containerd does not wait
  // for. Wants: a disk that does not come must not hold up the boot for ever.
  return std::vector<HostUnit>{
      {pool_unit_name(spec_.dm_name()),
       fmt::format("# Made by 'flintctl provision'.\n"
                   "[Unit]\n"
                   "Description=flintctl's thin pool {0}\n"
                   "Wants=dm-event.socket{1}\n"
                   "After=systemd-modules-load.service dm-event.socket lvm2-monitor.service{1}\n"
                   "Before=containerd.service\n"
                   "\n"
                   "[Service]\n"
                   "Type=oneshot\n"
                   "RemainAfterExit=yes\n"
                   "ExecStart={2}\n"
                   "\n"
                   "[Install]\n"
                   "WantedBy=multi-user.target\n",
                   spec_.dm_name(), devices, command)}};
}

Result<disk::Disk> LvmStep::usable_disk(const Report& report) const {
  auto inspected = drivers_.disks().inspect(spec_.disk);
  if (!inspected) {
    return std::move(inspected).error().with_hint(
        "flintctl provision lvm --dry-run shows the disks that are free");
  }
  disk::Disk disk = *std::move(inspected);
  if (is_begun(disk, report)) return disk;
  // Not even with --wipe: LVM would miss the disk ever after.
  for (const VolumeGroup& group : report.groups) {
    if (!holds(group.physical, physical_uuid(disk))) continue;
    return Error(Code::aborted, fmt::format("{} is a physical volume of the volume group '{}'",
                                            disk.path, group.name))
        .with_hint(fmt::format("choose another disk, or take it out first: vgreduce {} {}",
                               group.name, disk.path));
  }
  TRY(disk::refuse_used(disk, spec_.wipe.empty() ? disk::Contents::refuse : disk::Contents::wipe));
  return disk;
}

Result<> LvmStep::check_missing(const Report& report, Finding& finding) const {
  const std::string group_subject = "volume group " + spec_.name.group;
  const std::string pool_subject = "thin pool " + spec_.name.text();
  if (const VolumeGroup* group = report.find(spec_.name.group)) {
    if (!is_own(*group)) {
      return Error(Code::already_exists,
                   fmt::format("the volume group '{}' exists and has no thin pool '{}'",
                               group->name, spec_.name.volume))
          .with_hint(fmt::format("choose another --vg, or make the pool in it yourself: lvcreate "
                                 "--type thin-pool --zero y --size SIZE --name {} {}",
                                 spec_.name.volume, group->name));
    }
    TRY(refuse_renamed(*group, spec_.name.volume));
    TRY(plan_sizes(spec_, group->size_bytes, group->extent_bytes));
    finding.items.push_back({State::in_place, group_subject, {}});
    finding.items.push_back({State::missing, pool_subject, {}});
    return {};
  }
  if (spec_.disk.empty()) {
    finding.items.push_back(
        {State::missing, group_subject, proposal(TRY(drivers_.disks().free()))});
    finding.items.push_back({State::missing, pool_subject, {}});
    finding.obstacle =
        Error(Code::invalid_argument, finding.items.front().detail)
            .with_hint(
                "a disk is never taken unless it is named: flintctl provision lvm --disk DISK");
    return {};
  }
  const disk::Disk disk = TRY(usable_disk(report));
  const std::uint64_t usable = disk.size_bytes > usual_extent ? disk.size_bytes - usual_extent : 0;
  const LvmSizes sizes = TRY(plan_sizes(spec_, usable, usual_extent));
  std::string where = fmt::format("on {}, {}", disk.path, format_size(disk.size_bytes));
  if (!disk.is_free() && !is_begun(disk, report)) {
    where += fmt::format("; erases its {}", contents_of(disk));
  }
  finding.items.push_back({State::missing, group_subject, where});
  finding.items.push_back({State::missing, pool_subject,
                           fmt::format("{} of data, {} of metadata", format_size(sizes.data_bytes),
                                       format_size(sizes.metadata_bytes))});
  return {};
}

void LvmStep::warn(const VolumeGroup& group, const LogicalVolume& pool, Finding& finding) const {
  const auto add = [&](const std::string& text) { finding.warnings.push_back(text); };
  const std::string pool_name = spec_.name.text();
  if (!pool.zeroes && !is_own(group)) {
    add(
        fmt::format("{} does not zero new blocks: a VM can read what another left on the disk; "
                    "mend it: lvchange --zero y {}",
                    pool_name, pool_name));
  }
  // A larger one was extended since.
  if (spec_.data_bytes && pool.size_bytes < *spec_.data_bytes) {
    add(fmt::format(
        "{} is used as it is: data size is {}, not the {} asked for: flintctl pool grow "
        "{} --data-size {}",
        pool_name, format_size(pool.size_bytes), format_size(*spec_.data_bytes), spec_.dm_name(),
        *spec_.data_bytes));
  }
  const std::uint64_t step =
      pool.size_bytes / 100 * static_cast<std::uint64_t>(spec_.autoextend_percent);
  if (group.free_bytes < step) {
    add(fmt::format("{} has {} left, too little to extend {} by {}%: add a disk with vgextend",
                    group.name, format_size(group.free_bytes), pool_name,
                    spec_.autoextend_percent));
  }
  if (spec_.disk.empty()) return;
  const auto disk = drivers_.disks().inspect(spec_.disk);
  if (disk && holds(group.physical, physical_uuid(*disk))) return;
  add(fmt::format("the volume group '{}' is on {}, not on {}; it is used as it is", group.name,
                  group.physical.empty() ? "no disk" : group.physical.front().device, spec_.disk));
}

Result<> LvmStep::check_pool(const VolumeGroup& group, Finding& finding) const {
  const LogicalVolume& pool = *group.find(spec_.name.volume);
  const std::string name = spec_.name.text();
  if (pool.type != thin_pool) {
    return Error(Code::already_exists,
                 fmt::format("the logical volume {} exists and is no thin pool", name))
        .with_hint("choose another --lv");
  }
  if (pool.thin_count > 0) {
    return Error(Code::already_exists,
                 fmt::format("LVM keeps {} volumes of its own in the thin pool {}", pool.thin_count,
                             name))
        .with_hint("containerd needs a pool that nobody else uses: choose another --lv");
  }
  Item item{State::in_place, "thin pool " + name, {}};
  if (!pool.active) {
    item = {State::differs, item.subject, "is not active"};
  } else if (const auto trouble = unwell(spec_.name, drivers_)) {
    item = {State::differs, item.subject, trouble->message(), {}, trouble};
  }
  finding.items.push_back(std::move(item));
  Item watch{State::in_place, "autoextension of " + name, {}};
  if (pool.profile != lvm::profile_name(spec_.dm_name())) {
    watch.state = State::differs;
    watch.detail = "has not the profile " + lvm::profile_name(spec_.dm_name());
  } else if (pool.active && !pool.monitored) {
    watch.state = State::differs;
    watch.detail = "is not watched by dmeventd";
  }
  finding.items.push_back(std::move(watch));
  if (is_own(group) && !pool.zeroes) {
    finding.items.push_back({State::differs, "zeroing of " + name, "is off"});
  }
  warn(group, pool, finding);
  return {};
}

Result<Finding> LvmStep::check_unprivileged() const {
  Finding finding;
  const bool active = TRY(thinpool::name_is_active(spec_.dm_name()));
  finding.items.push_back(
      {active ? State::in_place : State::missing, "thin pool " + spec_.name.text(), {}});
  finding.items.push_back(check_file(profile()));
  finding.warnings.emplace_back("without root LVM was not asked, and only names were looked at");
  return finding;
}

namespace {

/// There is a pool to use: what a killed lvcreate left under its name in a group of ours is none.
bool has_pool(const Report& report, const lvm::LogicalName& name) {
  const VolumeGroup* group = report.find(name.group);
  const LogicalVolume* volume = group == nullptr ? nullptr : group->find(name.volume);
  return volume != nullptr && (volume->type == thin_pool || !is_own(*group));
}

}  // namespace

Result<Finding> LvmStep::check() {
  TRY(validate(spec_));
  if (::geteuid() != 0) return check_unprivileged();
  if (!drivers_.lvm().available()) {
    Finding bare;
    bare.lacks = "lvm";
    bare.items.push_back({State::missing, "thin pool " + spec_.name.text(), {}});
    return bare;
  }
  (void)drivers_.devmapper();  // LVM asks the kernel, and this loads what answers
  const Report found = TRY(report());
  TRY(refuse_exported(found.find(spec_.name.group)));
  Finding finding;
  if (has_pool(found, spec_.name)) {
    TRY(check_pool(*found.find(spec_.name.group), finding));
  } else {
    TRY(check_missing(found, finding));
  }
  finding.items.push_back(check_file(profile()));
  for (const HostUnit& unit : TRY(units(found))) {
    for (Item& item : TRY(check_unit(unit, paths_, services_))) {
      finding.items.push_back(std::move(item));
    }
  }
  return finding;
}

Result<> LvmStep::make_group(const Report& found, Journal& journal) const {
  const disk::Disk disk = TRY(usable_disk(found));
  const bool begun = is_begun(disk, found);
  const std::string uuid = begun ? physical_uuid(disk) : new_physical_uuid();
  TRY(journal.intend("physical-volume", disk.path, data::Value::object({{"uuid", uuid}})));
  if (!begun) {
    if (!disk.is_free()) {
      TRY(drivers_.disks().wipe(disk));
      journal.note(fmt::format("{} had {}, which is erased", disk.path, contents_of(disk)));
    }
    TRY(run({"pvcreate", "--uuid", uuid, "--norestorefile", disk.path}));
  }
  TRY(journal.intend("volume-group", spec_.name.group,
                     data::Value::object({{"uuid", uuid}, {"pool", spec_.name.volume}})));
  return run({"vgcreate", spec_.name.group, disk.path});
}

/// What an lvcreate left that was cut off, as by a loss of power: it makes the metadata as a plain
/// volume first, named "lvol0" or as the pool will be.
Result<> LvmStep::remove_unfinished(const VolumeGroup& group, const LvmSizes& sizes) const {
  for (const LogicalVolume& volume : group.logical) {
    const bool name = volume.name == spec_.name.volume || volume.name == "lvol0";
    if (!name || volume.type == thin_pool || volume.size_bytes != sizes.metadata_bytes) continue;
    TRY(run({"lvremove", "--yes", lvm::LogicalName{group.name, volume.name}.text()}));
  }
  return {};
}

Result<> LvmStep::make_pool(Journal& journal) const {
  const Report found = TRY(report());
  const VolumeGroup* group = found.find(spec_.name.group);
  if (group == nullptr) {
    return Error(Code::unknown, fmt::format("the volume group '{}' is gone", spec_.name.group));
  }
  const LvmSizes sizes = TRY(plan_sizes(spec_, group->size_bytes, group->extent_bytes));
  const std::string name = spec_.name.text();
  TRY(journal.intend("autoextend", name));
  TRY(journal.intend("pool", name, data::Value::object({{"uuid", group->physical.front().uuid}})));
  TRY(remove_unfinished(*group, sizes));
  const auto bytes = [](std::uint64_t size) { return fmt::format("{}b", size); };
  return run({"lvcreate", "--type", thin_pool, "--name", spec_.name.volume, "--size",
              bytes(sizes.data_bytes), "--poolmetadatasize", bytes(sizes.metadata_bytes),
              "--chunksize", bytes(sizes.chunk_bytes), "--zero", "y", "--metadataprofile",
              lvm::profile_name(spec_.dm_name()), spec_.name.group});
}

Result<> LvmStep::attach_profile(const LogicalVolume& pool, Journal& journal) const {
  if (pool.profile == lvm::profile_name(spec_.dm_name())) return {};
  const std::string name = spec_.name.text();
  if (journal.find("autoextend", name) == nullptr) {
    TRY(journal.intend("autoextend", name, data::Value::object({{"before", pool.profile}})));
  }
  TRY(run({"lvchange", "--metadataprofile", lvm::profile_name(spec_.dm_name()), name}));
  // The kernel is told at which level to wake dmeventd when the table is loaded.
  return pool.active ? run({"lvchange", "--refresh", name}) : Result<>();
}

Result<> LvmStep::set_up(const LogicalVolume& pool) const {
  const std::string name = spec_.name.text();
  if (!pool.active) {
    auto activated = run({"lvchange", "--activate", "y", name});
    // LVM runs thin_check first: "Check of pool G/V failed (status:1). Manual repair required!"
    if (!activated && activated.error().text().find("repair") != std::string::npos) {
      return std::move(activated).error().with_hint("flintctl pool repair " + spec_.dm_name());
    }
    TRY(std::move(activated));
  }
  // Activation begins it where lvm.conf lets it.
  if (!pool.active || !pool.monitored) TRY(run({"lvchange", "--monitor", "y", name}));
  return {};
}

/// LVM reports success when dmeventd is missing or its configuration turns the watching off.
Result<> LvmStep::verify() const {
  const Report found = TRY(report());
  const VolumeGroup* group = found.find(spec_.name.group);
  const LogicalVolume* pool = group == nullptr ? nullptr : group->find(spec_.name.volume);
  if (pool == nullptr || !pool->active) {
    return Error(Code::unknown, fmt::format("LVM did not activate {}", spec_.name.text()));
  }
  if (pool->monitored && pool->profile == lvm::profile_name(spec_.dm_name())) return {};
  return Error(Code::host_not_ready,
               fmt::format("LVM took the profile of {} and does not watch it: a full pool would "
                           "not be extended",
                           spec_.name.text()))
      .with_hint(
          "install dmeventd (apt-get install dmeventd), and let lvm.conf have "
          "activation/monitoring "
          "= 1: lvmconfig activation/monitoring");
}

Result<> LvmStep::apply(Journal& journal) {
  const Report before = TRY(report());
  TRY(refuse_exported(before.find(spec_.name.group)));
  if (!has_pool(before, spec_.name)) {
    Finding finding;
    TRY(check_missing(before, finding));
    if (finding.obstacle) return Error(*finding.obstacle);
    TRY(install_file(profile(), journal));
    if (before.find(spec_.name.group) == nullptr) TRY(make_group(before, journal));
    TRY(make_pool(journal));
  }
  TRY(install_file(profile(), journal));
  const Report made = TRY(report());
  Finding finding;
  if (!has_pool(made, spec_.name)) {
    return Error(Code::unknown, fmt::format("LVM did not make {}", spec_.name.text()));
  }
  TRY(check_pool(*made.find(spec_.name.group), finding));
  const LogicalVolume& pool = *made.find(spec_.name.group)->find(spec_.name.volume);
  TRY(attach_profile(pool, journal));
  if (is_own(*made.find(spec_.name.group)) && !pool.zeroes) {
    TRY(run({"lvchange", "--zero", "y", spec_.name.text()}));
  }
  TRY(set_up(pool));
  TRY(verify());
  for (const HostUnit& unit : TRY(units(made))) {
    TRY(install_unit(unit, paths_, services_, journal));
  }
  return {};
}

Result<> LvmStep::restore() {
  TRY(validate(spec_));
  const Report found = TRY(report());
  const VolumeGroup* group = found.find(spec_.name.group);
  const LogicalVolume* pool = group == nullptr ? nullptr : group->find(spec_.name.volume);
  if (pool == nullptr || pool->type != thin_pool) {
    return Error(Code::not_found, fmt::format("there is no thin pool {}", spec_.name.text()))
        .with_hint("lvs shows what there is; its disk may be missing");
  }
  return set_up(*pool);
}

}  // namespace flintctl::provision
