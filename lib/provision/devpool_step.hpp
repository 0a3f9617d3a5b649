// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "provision/host_unit.hpp"
#include "provision/pool_drivers.hpp"
#include "provision/step.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::provision {

/// The unit that brings a pool back at boot: "flintctl-pool-<name>.service".
std::string pool_unit_name(const std::string& pool);

/// What looks after a pool between two commands.
struct PoolWatch {
  bool timer = false;  ///< a systemd timer that runs `flintctl pool check`
};

/// A loop-backed thin pool (lib/thinpool), and what brings it back after a reboot: a oneshot unit
/// where systemd runs, else the next `provision all`. The unit makes no pool, and names the folder
/// that the pool lies in, which is not always the one asked for. Undone: volumes and pool are no
/// longer active, and with Data::remove the files that this step made are gone. Refused while
/// somebody uses a volume, or has those files under another name.
class DevpoolStep final : public Step {
 public:
  DevpoolStep(HostPaths paths, thinpool::Spec spec, PoolDrivers& drivers, Services& services,
              PoolWatch watch = {})
      : paths_(std::move(paths)),
        spec_(std::move(spec)),
        drivers_(drivers),
        services_(services),
        watch_(watch) {}

  [[nodiscard]] std::string name() const override { return "devpool"; }
  Result<Finding> check() override;
  Result<> apply(Journal& journal) override;
  Result<> allow_undo(const Change& change, Data data) override;
  Result<Undone> undo(const Change& change, Data data, Notes& notes) override;

  /// What apply() did to the pool.
  [[nodiscard]] const thinpool::Outcome& outcome() const { return outcome_; }

 private:
  /// The units of the pool as it is or will be. None brings back a pool that stands on anything but
  /// files of ours.
  [[nodiscard]] Result<std::vector<HostUnit>> units(const thinpool::Outcome& pool) const;
  [[nodiscard]] std::string not_brought_back() const;
  /// A pool of LVM's of that name.
  Result<> refuse_logical();
  Result<thinpool::Outcome> look(Finding& finding);
  Result<> remember_adoption(Journal& journal);
  Result<> intend(const thinpool::Outcome& plan, Journal& journal);
  /// Undone with Data::remove: the files that an older record of the same pool speaks of.
  Result<> keep_recorded_files(const Change& pool, Journal& journal);

  HostPaths paths_;
  thinpool::Spec spec_;
  PoolDrivers& drivers_;
  Services& services_;
  PoolWatch watch_;
  thinpool::Outcome outcome_;
};

/// A udev rule by which the host does not look into the pool's volumes: what lies on them belongs
/// to guests. udev(7).
class UdevStep final : public Step {
 public:
  UdevStep(HostPaths paths, std::string pool) : paths_(std::move(paths)), pool_(std::move(pool)) {}

  [[nodiscard]] std::string name() const override { return "udev"; }
  Result<Finding> check() override;
  Result<> apply(Journal& journal) override;

 private:
  HostPaths paths_;
  std::string pool_;
};

}  // namespace flintctl::provision
