// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "core/result.hpp"
#include "provision/containerd_config.hpp"
#include "provision/containerd_daemon.hpp"
#include "provision/host_file.hpp"
#include "provision/host_unit.hpp"
#include "provision/step.hpp"
#include "provision/system_config.hpp"

namespace flintctl::provision {

/// The program of the containerd that serves the host's own address, else the first in PATH: never
/// one of ours. host_not_ready without one.
Result<std::string> find_system_containerd();

/// What SystemContainerdStep makes.
struct SystemContainerd {
  std::string config_path = system_containerd_config;
  std::string unit = "containerd.service";
  std::string pool;
  std::string base_image_size = "10GB";
  /// A running containerd reads its configuration when it starts, and others may need it now.
  enum class Restart { when_told, now } restart = Restart::when_told;
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// Of the one at an address, with its devmapper snapshotter; tests give one that does not run.
  std::function<Result<ContainerdStatus>(const std::string& address)> status =
      [](const std::string& address) { return containerd_status(address, "devmapper"); };
};

/// Why the restart with our table failed, and what became of the one with the old configuration.
Error failed_restart(const std::string& unit, Error why, const Result<>& restored);

/// The devmapper snapshotter of our pool in the host's own containerd: one table in a drop-in where
/// its configuration imports such, else appended to it after a backup. It is put in place only when
/// containerd takes it and nothing else changes its meaning. Refused: another pool's table
/// (already_exists), and a pool that the private containerd uses, since two would give the same
/// numbers to different volumes. A restart that fails brings back the configuration that this run
/// changed. One that systemd has stopped is started, which disturbs nobody; one that is disabled or
/// masked is for a person to enable. Undone: the table goes, and what was there before comes back.
class SystemContainerdStep final : public Step {
 public:
  SystemContainerdStep(HostPaths paths, SystemContainerd wanted, Services& services)
      : paths_(std::move(paths)), wanted_(std::move(wanted)), services_(services) {}

  [[nodiscard]] std::string name() const override { return "containerd-system"; }
  Result<Finding> check() override;
  Result<> apply(Journal& journal) override;
  /// aborted when our marks in the configuration are no longer whole: what would be left of the
  /// table would name a pool that is about to go; and while a containerd runs that has taken the
  /// table: pool and data would go under it.
  Result<> allow_undo(const Change& change, Data data) override;
  Result<Undone> undo(const Change& change, Data data, Notes& notes) override;

  /// The table as it would be written now, and into which file.
  Result<HostFile> table();

 private:
  struct Look;
  Result<Look> look();
  Result<> refuse_clashes(const Look& look) const;
  /// Before anything is recorded: a file that cannot be replaced, or that takes no table.
  static Result<> refuse_unwritable(const Look& look);
  Result<> refuse_running(const Change& change) const;
  void judge_running(const Look& look, Finding& finding);
  Result<> judge_unit(Finding& finding);
  /// What undoing has to know.
  [[nodiscard]] data::Value details(const Look& look) const;
  Result<> install(const Look& look, Journal& journal);
  Result<> install_drop_in(const Look& look, Journal& journal);
  Result<> install_block(const Look& look, Journal& journal);
  /// systemd has it, and it does not run.
  [[nodiscard]] bool is_stopped(const Look& look);
  /// Also starts it.
  Result<> restart(const Look& look);
  /// The file with the table as it was before this run changed it.
  Result<> bring_back(const Look& look, Journal& journal);
  Result<> wait_until_ready(const Look& look);

  HostPaths paths_;
  SystemContainerd wanted_;
  Services& services_;
};

}  // namespace flintctl::provision
