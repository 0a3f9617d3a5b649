// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apt/packages.hpp"
#include "core/result.hpp"
#include "provision/program_step.hpp"

namespace flintctl::provision {

/// A hypervisor's binary, or one that belongs to it: "firecracker", "jailer", "cloud-hypervisor",
/// "virtiofsd", "qemu".
using VmmSource = ProgramSource;

/// invalid_argument unless the name is known, and exactly one origin and a digest are given; none
/// of it where the distribution has a package.
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

/// One that flintctl did not install.
struct HostVmm {
  std::string name;
  std::string version;  ///< as it says; empty when it does not
  std::string path;
  std::string package;  ///< that it came with; empty: none
};
/// What this host has besides: those that are found when a VM is to start, by name. `binaries`: the
/// configured names or paths of some.
std::vector<HostVmm> find_host_vmms(const VmmPaths& paths,
                                    const std::map<std::string, std::string>& binaries,
                                    const apt::Packages& packages = apt::Packages());

/// Installs a hypervisor's binary: what a ProgramStep does, for what validate() takes.
class VmmStep final : public ProgramStep {
 public:
  VmmStep(VmmSource source, const VmmPaths& paths = {});
  Result<Finding> check() override;

 private:
  VmmSource source_;
};

}  // namespace flintctl::provision
