// SPDX-License-Identifier: Apache-2.0
#include "provision/program_need.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "provision/containerd_program.hpp"
#include "provision/host_settings.hpp"
#include "sys/file.hpp"

namespace flintctl::provision {
namespace {

/// Programs with the package of Debian that has each.
struct Packaged {
  const char* program;
  const char* package;
};
constexpr Packaged packaged[] = {{"containerd", "containerd"},
                                 {"dmsetup", "dmsetup"},
                                 {"mkfs.ext4", "e2fsprogs"},
                                 {"blkdiscard", "util-linux"},
                                 {"lvm", "lvm2"},
                                 {"thin_check", "thin-provisioning-tools"},
                                 {"dnsmasq", "dnsmasq-base"},
                                 {"thin_repair", "thin-provisioning-tools"},
                                 {"qemu-system-x86_64", "qemu-system-x86"}};

std::string package_of(std::string_view program) {
  if (program == "virtiofsd") {
    return virtiofsd_package(sys::read_file("/etc/debian_version").value_or({}));
  }
  for (const Packaged& one : packaged) {
    if (one.program == program) return one.package;
  }
  return {};
}

ProgramNeed need_of(const char* program) { return {program, {}, package_of(program)}; }

ProgramNeed optional_need_of(const char* program) {
  ProgramNeed need = need_of(program);
  need.optional = true;
  return need;
}

void add_containerd(const HostSettings& settings, std::vector<ProgramNeed>& needs) {
  const bool own = settings.containerd_mode == HostSettings::ContainerdMode::own;
  const PrivateContainerd& wanted = settings.private_containerd;
  if (!own || (!wanted.source && wanted.start.binary == "containerd")) {
    ProgramNeed need = need_of("containerd");
    if (own) {
      need.others.push_back(containerd_store().bin + "/containerd");
      need.unit = "containerd.service";
    } else if (auto running = find_system_containerd()) {
      need.others.push_back(*std::move(running));  // which may lie outside of PATH
    }
    needs.push_back(std::move(need));
  }
  if (own && wanted.start.snapshotter != "devmapper") return;
  for (const char* program : {"dmsetup", "mkfs.ext4", "blkdiscard"}) {
    needs.push_back(need_of(program));
  }
}

/// What starts VMs: those that are asked for, or any when none is.
void add_vmms(const HostSettings& settings, std::vector<ProgramNeed>& needs) {
  bool any = false;
  for (const VmmSource& source : settings.vmms) {
    any = any || source.name == "qemu" || source.name == "firecracker";
    if (source.given()) continue;
    if (auto need = vmm_need(source.name)) needs.push_back(*std::move(need));
  }
  if (any) return;
  ProgramNeed need = optional_need_of("qemu-system-x86_64");
  need.others = settings.hypervisors;
  need.others.emplace_back("firecracker");
  needs.push_back(std::move(need));
}

}  // namespace

std::optional<std::string> find(const ProgramNeed& need) {
  if (auto path = sys::find_program(need.program)) return *std::move(path);
  for (const std::string& other : need.others) {
    if (auto path = sys::find_program(other)) return *std::move(path);
  }
  return std::nullopt;
}

std::string virtiofsd_package(std::string_view release) {
  // Until 12 it came with QEMU.
  for (const char* old : {"11", "12", "bullseye", "bookworm"}) {
    if (release.starts_with(old)) return "qemu-system-common";
  }
  return "virtiofsd";
}

std::vector<ProgramNeed> needed_programs(const HostSettings& settings) {
  std::vector<ProgramNeed> needs;
  if (settings.lvm) needs.push_back(need_of("lvm"));
  if (settings.lvm || settings.devpool) {
    needs.push_back(optional_need_of("thin_check"));
    needs.push_back(optional_need_of("thin_repair"));
  }
  if (settings.containerd) add_containerd(settings, needs);
  if (settings.network && settings.network_spec.dhcp == NetworkSpec::Dhcp::dnsmasq) {
    needs.push_back(need_of("dnsmasq"));
  }
  add_vmms(settings, needs);
  return needs;
}

std::optional<ProgramNeed> vmm_need(std::string_view name) {
  if (name == "qemu") return need_of("qemu-system-x86_64");
  if (name == "virtiofsd") {
    ProgramNeed need = need_of("virtiofsd");
    // No program for people: it is not in PATH.
    need.others = {"/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"};
    return need;
  }
  if (name == "firecracker" || name == "jailer" || name == "cloud-hypervisor") {
    return ProgramNeed{std::string(name), {}, {}};
  }
  return std::nullopt;
}

Error not_installed(const std::string& program) {
  Error error(Code::host_not_ready, fmt::format("{} is not installed", program));
  const std::string package = package_of(program);
  if (package.empty()) return error;
  return std::move(error).with_hint(fmt::format("install it: apt-get install {}", package));
}

}  // namespace flintctl::provision
