// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "provision/program_step.hpp"

namespace flintctl::provision {

/// A hypervisor's binary, or one that belongs to it: "firecracker", "jailer", "cloud-hypervisor",
/// "virtiofsd", "qemu".
using VmmSource = ProgramSource;

/// invalid_argument unless name, exactly one source and digest are given as they must be. A hint
/// names the distribution's package where there is one.
Result<> validate(const VmmSource& source);

struct VmmPaths {
  std::string store = "/usr/local/lib/flintctl/vmm";  ///< NAME/VERSION/NAME below it
  std::string bin = "/usr/local/bin";
  std::string facts = {};  ///< of sys::FactCache; empty: none
};

/// One installed binary.
struct InstalledVmm : InstalledProgram {
  std::string name;
};
/// All, by name and version.
Result<std::vector<InstalledVmm>> list_vmms(const VmmPaths& paths);

/// Installs a hypervisor's binary: what a ProgramStep does, for what validate() takes.
class VmmStep final : public ProgramStep {
 public:
  VmmStep(VmmSource source, const VmmPaths& paths = {});
  Result<Finding> check() override;

 private:
  VmmSource source_;
};

}  // namespace flintctl::provision
