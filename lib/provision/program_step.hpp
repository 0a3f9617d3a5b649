// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "provision/program_source.hpp"
#include "provision/step.hpp"

namespace flintctl::provision {

/// Where the versions of a program lie side by side, with what comes along with it.
struct ProgramStore {
  std::string folder;  ///< VERSION/PROGRAM below it
  std::vector<std::string>
      programs;       ///< the first names the version; a release may lack the others
  std::string bin;    ///< links in it lead to the version in use
  std::string facts;  ///< of sys::FactCache, for digests; empty: none
  /// What the first program says it is when it is asked for its version, "QEMU emulator"; one that
  /// does not say so is not installed. Empty: anything.
  std::string says = {};
};

/// One installed version.
struct InstalledProgram {
  std::string version;  ///< as it said when it was installed
  std::string path;     ///< of the first program
  bool linked = false;  ///< the one in use
  bool intact = false;  ///< all bytes are still those that were verified
  std::string source_sha256;
};
/// All of a store, by version. What is half installed is none.
Result<std::vector<InstalledProgram>> list_programs(const ProgramStore& store);

/// Installs a program beside its other versions, and has links in bin lead to it. Bytes are
/// verified before they are unpacked, and unpacked before they are executed, which only asks for
/// the version, and whether it is that program at all: another's would be found in its place. What
/// fails leaves nothing; what was killed is no version, and goes with the next run or reset.
class ProgramStep : public Step {
 public:
  ProgramStep(std::string name, ProgramSource source, ProgramStore store);

  [[nodiscard]] std::string name() const override { return name_; }
  /// already_exists when something that is not ours has a link's name.
  Result<Finding> check() override;
  /// data_loss when the digest is another; then nothing was executed and nothing is left.
  Result<> apply(Journal& journal) override;
  Result<Undone> undo(const Change& change, Data data, Notes& notes) override;

 private:
  Result<std::string> install(const std::string& stage) const;
  /// Links of all programs that this version has.
  Result<> lead_to(const InstalledProgram& version) const;

  std::string name_;
  ProgramSource source_;
  ProgramStore store_;
};

}  // namespace flintctl::provision
