// SPDX-License-Identifier: Apache-2.0
#include "provision/vmm_install.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sys/file.hpp"

namespace flintctl::provision {
namespace {

struct Known {
  const char* name;
  const char* package;  ///< Debian's, or null
};
constexpr Known known[] = {{"firecracker", nullptr},
                           {"jailer", nullptr},
                           {"cloud-hypervisor", nullptr},
                           {"virtiofsd", "qemu-system-common"},
                           {"qemu", "qemu-system-x86"}};

ProgramStore store_of(const VmmPaths& paths, const std::string& name) {
  return {fmt::format("{}/{}", paths.store, name), {name}, paths.bin, paths.facts};
}

}  // namespace

Result<> validate(const VmmSource& source) {
  const auto* const found = std::find_if(std::begin(known), std::end(known),
                                         [&](const Known& one) { return source.name == one.name; });
  if (found == std::end(known)) {
    return Error(Code::invalid_argument, fmt::format("no hypervisor '{}'", source.name))
        .with_hint("known are: firecracker, jailer, cloud-hypervisor, virtiofsd, qemu");
  }
  const std::string package = found->package == nullptr
                                  ? std::string()
                                  : fmt::format("apt-get install {}, or ", found->package);
  return validate_origin(source, package + "--file PATH or --url URL, with --sha256");
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

VmmStep::VmmStep(VmmSource source, const VmmPaths& paths)
    : ProgramStep("vmm", source, store_of(paths, source.name)), source_(std::move(source)) {}

Result<Finding> VmmStep::check() {
  TRY(validate(source_));
  return ProgramStep::check();
}

}  // namespace flintctl::provision
