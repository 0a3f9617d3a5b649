// SPDX-License-Identifier: Apache-2.0
#include "provision/vmm_install.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "provision/program_need.hpp"
#include "provision/program_version.hpp"
#include "sys/file.hpp"

namespace flintctl::provision {
namespace {

constexpr const char* vmm_names[] = {"cloud-hypervisor", "firecracker", "jailer", "qemu",
                                     "virtiofsd"};

/// What each says before its version.
std::string greeting_of(const std::string& name) {
  if (name == "qemu") return "QEMU emulator";
  if (name == "firecracker") return "Firecracker";
  return name == "jailer" ? "Jailer" : name;
}

ProgramStore store_of(const VmmPaths& paths, const std::string& name) {
  const auto need = vmm_need(name);
  return {fmt::format("{}/{}", paths.store, name),
          {need ? need->program : name},
          paths.bin,
          paths.facts,
          greeting_of(name)};
}

}  // namespace

Result<> validate(const VmmSource& source) {
  const auto need = vmm_need(source.name);
  if (!need) {
    return Error(Code::invalid_argument, fmt::format("no hypervisor '{}'", source.name))
        .with_hint("known are: firecracker, jailer, cloud-hypervisor, virtiofsd, qemu");
  }
  if (!source.given() && !need->package.empty()) return {};
  const std::string package =
      need->package.empty() ? "" : fmt::format("nothing, for the package {}; or ", need->package);
  return validate_origin(source, "give " + package + "--file PATH or --url URL, with --sha256");
}

Result<std::vector<InstalledVmm>> list_vmms(const VmmPaths& paths) {
  std::vector<InstalledVmm> all;
  for (const std::string& name : TRY(sys::list_directory(paths.store))) {
    for (InstalledProgram& one : TRY(list_programs(store_of(paths, name)))) {
      all.push_back({std::move(one), name});
    }
  }
  return all;
}

std::vector<HostVmm> find_host_vmms(const VmmPaths& paths,
                                    const std::map<std::string, std::string>& binaries,
                                    const apt::Packages& packages) {
  std::vector<HostVmm> found;
  const sys::FactCache facts(paths.facts);
  for (const char* name : vmm_names) {
    ProgramNeed need = *vmm_need(name);
    if (const auto own = binaries.find(name); own != binaries.end()) {
      need = {own->second, {}, {}};
    }
    const auto path = find(need);
    if (!path) continue;
    std::error_code failed;
    const auto file = std::filesystem::canonical(*path, failed);
    if (failed || file.string().starts_with(paths.store + "/")) continue;
    HostVmm one{name, {}, *path, packages.owner(file.string()).value_or({})};
    if (const auto answer = ask_version(*path, "--version", facts)) {
      one.version = parse_program_version(*answer).value_or({});
    }
    found.push_back(std::move(one));
  }
  return found;
}

VmmStep::VmmStep(VmmSource source, const VmmPaths& paths)
    : ProgramStep("vmm", source, store_of(paths, source.name)), source_(std::move(source)) {}

Result<Finding> VmmStep::check() {
  TRY(validate(source_));
  return ProgramStep::check();
}

}  // namespace flintctl::provision
