// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lvm/report.hpp"
#include "provision/host_file.hpp"
#include "provision/host_unit.hpp"
#include "provision/lvm_spec.hpp"
#include "provision/pool_drivers.hpp"
#include "provision/step.hpp"

namespace flintctl::provision {

/// The production pool: physical volume, volume group and thin pool on a named disk, a profile by
/// which dmeventd extends it, and a unit that has it active before containerd. A pool that another
/// tool made is used as it is, but for the profile.
///
/// A disk is written to only when it was named and nothing is on it, or when it was named again to
/// be wiped. The physical volume's UUID marks it as flintctl's, so that a killed run goes on, and
/// undoing never meets another's disk. Undone: not active, and with Data::remove the disk is empty.
class LvmStep final : public Step {
 public:
  LvmStep(HostPaths paths, LvmSpec spec, PoolDrivers& drivers, Services& services)
      : paths_(std::move(paths)), spec_(std::move(spec)), drivers_(drivers), services_(services) {}

  [[nodiscard]] std::string name() const override { return "lvm"; }
  /// already_exists or aborted when the disk or a name belongs to something else; host_not_ready
  /// without LVM's programs.
  Result<Finding> check() override;
  Result<> apply(Journal& journal) override;
  /// aborted while somebody uses a volume, or when others' volumes would go with the group.
  Result<> allow_undo(const Change& change, Data data) override;
  Result<Undone> undo(const Change& change, Data data, Notes& notes) override;

  /// The pool active and watched again, as after a boot: what the unit runs. Makes nothing and
  /// records nothing; not_found when there is no such pool.
  Result<> restore();

 private:
  Result<lvm::Report> report() const { return lvm::read_report(drivers_.lvm()); }
  Result<> run(const std::vector<std::string>& words) const;
  [[nodiscard]] HostFile profile() const;
  [[nodiscard]] Result<std::vector<HostUnit>> units(const lvm::Report& report) const;

  [[nodiscard]] Result<Finding> check_unprivileged() const;
  Result<> check_missing(const lvm::Report& report, Finding& finding) const;
  Result<> check_pool(const lvm::VolumeGroup& group, Finding& finding) const;
  void warn(const lvm::VolumeGroup& group, const lvm::LogicalVolume& pool, Finding& finding) const;
  /// The named disk, if it may be taken.
  [[nodiscard]] Result<disk::Disk> usable_disk(const lvm::Report& report) const;

  Result<> make_group(const lvm::Report& report, Journal& journal) const;
  Result<> make_pool(Journal& journal) const;
  Result<> remove_unfinished(const lvm::VolumeGroup& group, const LvmSizes& sizes) const;
  Result<> set_up(const lvm::LogicalVolume& pool) const;
  Result<> attach_profile(const lvm::LogicalVolume& pool, Journal& journal) const;
  [[nodiscard]] Result<> verify() const;

  HostPaths paths_;
  LvmSpec spec_;
  PoolDrivers& drivers_;
  Services& services_;
};

}  // namespace flintctl::provision
