// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apt/packages.hpp"
#include "provision/host_unit.hpp"
#include "provision/program_need.hpp"
#include "provision/step.hpp"

namespace flintctl::provision {

/// Programs from the distribution's packages. What is asked for is a program: one that is found is
/// in place whatever installed it. What is missing is installed by one run of apt-get, with what it
/// depends on; each package that is new by that is recorded before. Undone: packages that were new,
/// as long as no other depends on them; their configuration files and data stay.
class PackagesStep final : public Step {
 public:
  enum class Install { allowed, forbidden };
  PackagesStep(std::vector<ProgramNeed> needs, Install install, Services& services,
               apt::Packages packages = apt::Packages())
      : needs_(std::move(needs)),
        install_(install),
        services_(services),
        packages_(std::move(packages)) {}

  [[nodiscard]] std::string name() const override { return "packages"; }
  /// Looks for programs only: asks no package manager, unless a run of it was broken off.
  Result<Finding> check() override;
  Result<> apply(Journal& journal) override;
  Result<Undone> undo(const Change& change, Data data, Notes& notes) override;

 private:
  /// What is not there, or only by half.
  [[nodiscard]] std::vector<ProgramNeed> missing() const;
  /// Why nothing can be installed here, or nothing.
  [[nodiscard]] std::optional<Error> refusal(const std::vector<ProgramNeed>& missing) const;
  /// apt-get and dpkg wait for others by themselves, and without a word.
  void say_holder() const;
  Result<> install(const std::vector<std::string>& names, Journal& journal);
  [[nodiscard]] Result<> install_known(const std::vector<std::string>& names,
                                       apt::Packages::Broken broken, Journal& journal) const;
  void note_units(const std::vector<ProgramNeed>& was_missing, Journal& journal);

  std::vector<ProgramNeed> needs_;
  Install install_;
  Services& services_;
  apt::Packages packages_;
  bool settled_ = false;
};

}  // namespace flintctl::provision
