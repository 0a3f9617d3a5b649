// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "provision/containerd_config.hpp"
#include "provision/containerd_daemon.hpp"
#include "provision/host_unit.hpp"
#include "provision/program_source.hpp"
#include "provision/step.hpp"

namespace flintctl::provision {

/// What ContainerdStep makes.
struct PrivateContainerd {
  ContainerdSettings settings;  ///< version, zeroing and mke2fs are filled in by the step
  ContainerdStart start;        ///< config_path and log_file are set
  /// Where its program comes from; without it the host has one.
  std::optional<ProgramSource> source;
};

/// The private containerd: its configuration and folders, a unit that starts it at each boot after
/// its pool, and that it runs with its snapshotter ok. Undone: stopped, unit and configuration
/// gone, its data only with Data::remove.
class ContainerdStep final : public Step {
 public:
  ContainerdStep(HostPaths paths, PrivateContainerd wanted, Services& services)
      : paths_(std::move(paths)), wanted_(std::move(wanted)), services_(services) {}

  [[nodiscard]] std::string name() const override { return "containerd"; }
  Result<Finding> check() override;
  Result<> apply(Journal& journal) override;
  Result<Undone> undo(const Change& change, Data data, Notes& notes) override;
  /// What starts it at each boot, as it would be written now.
  [[nodiscard]] Result<HostUnit> unit() const;

 private:
  Result<ContainerdSettings> settings();
  /// False while the program that `source` names is still to be installed, by the step before.
  [[nodiscard]] Result<bool> has_program() const;
  Result<> check_config(const ContainerdSettings& wanted, Finding& finding);
  /// Why the running one does not go by its configuration; empty when it does.
  [[nodiscard]] Result<std::string> other_config(const std::string& address) const;
  Result<> check_not_installed(Finding& finding) const;
  Result<> check_running(const ContainerdSettings& wanted, Finding& finding);
  Result<> install_config(Journal& journal);
  Result<> stop_unwell(Journal& journal);

  HostPaths paths_;
  PrivateContainerd wanted_;
  Services& services_;
};

}  // namespace flintctl::provision
