// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "doctor/checks.hpp"
#include "doctor/words.hpp"

namespace flintctl::doctor {
namespace {

constexpr std::uint64_t space_to_warn = gib;
constexpr std::uint64_t space_to_fail = 100 * mib;

bool any_usable(const std::vector<Hypervisor>& hypervisors) {
  return std::any_of(hypervisors.begin(), hypervisors.end(),
                     [](const Hypervisor& one) { return one.probe.has_value(); });
}

std::string accelerated(const vmm::Probe& probe) {
  return fmt::format("{} {}, {}", probe.binary, probe.version,
                     probe.accelerator == vmm::Accelerator::kvm ? "with KVM" : "emulates");
}

Finding judge(const Hypervisor& hypervisor, bool another_works) {
  const std::string check = "hypervisor/" + hypervisor.name;
  if (hypervisor.probe) return {check, Severity::ok, accelerated(*hypervisor.probe), {}, {}};
  const Error& error = hypervisor.probe.error();
  if (!hypervisor.installed && another_works) {
    return {check, Severity::ok, "not installed, and not needed", {}, {}};
  }
  return {check, another_works ? Severity::warning : Severity::error, error.text(),
          fmt::format("VMs of the provider {}", hypervisor.name),
          hypervisor.name == "qemu" && !hypervisor.installed ? "flintctl provision vmm qemu"
                                                             : fix_of(error)};
}

Finding judge(const Place& place) {
  const std::string check = "space" + place.path;
  if (!place.space) return unread(check, place.space.error());
  const sys::FilesystemSpace& space = *place.space;
  const std::string message =
      fmt::format("{} of {} free", format_size(space.available), format_size(space.total));
  if (space.available >= space_to_warn) return {check, Severity::ok, message, {}, {}};
  return {check, space.available < space_to_fail ? Severity::error : Severity::warning, message,
          "pulls and creates fail when it is full", "flintctl gc"};
}

}  // namespace

std::vector<KernelPart> kernel_parts() {
  return {{"loop", Severity::error, "thin pools on files: provision devpool"},
          {"dm_thin_pool", Severity::error, "thin pools, and with them every VM's disk"},
          {"tun", Severity::warning, "VMs with a network interface"},
          {"bridge", Severity::warning, "provision network, and VMs on a bridge"},
          {"vhost_vsock", Severity::warning, "VMs with a vsock"}};
}

Findings check_kernel(const std::vector<KernelPart>& parts,
                      const std::function<Result<>(const std::string& module)>& present) {
  Findings findings;
  for (const KernelPart& part : parts) {
    const std::string check = "module/" + part.module;
    const auto found = present(part.module);
    if (found) {
      findings.push_back({check, Severity::ok, "works", {}, {}});
    } else if (found.error().code() == Code::permission_denied) {
      findings.push_back(unread(check, found.error()));
    } else {
      const std::string_view hint = found.error().hint();
      findings.push_back(
          {check, part.severity, found.error().text(), part.breaks,
           hint.empty() ? fmt::format("modprobe {}", part.module) : std::string(hint)});
    }
  }
  return findings;
}

Findings check_hypervisors(const std::vector<Hypervisor>& hypervisors) {
  Findings findings;
  const bool usable = any_usable(hypervisors);
  for (const Hypervisor& one : hypervisors) findings.push_back(judge(one, usable));
  return findings;
}

Findings check_kvm(const Result<>& kvm, const std::vector<Hypervisor>& hypervisors) {
  if (kvm) return {{"kvm", Severity::ok, "runs guests", {}, {}}};
  const bool usable = any_usable(hypervisors);
  return {{"kvm", usable ? Severity::warning : Severity::error, kvm.error().text(),
           usable ? "Firecracker; QEMU emulates the CPU, which is many times slower"
                  : "every hypervisor that is installed",
           fix_of(kvm.error())}};
}

Findings check_cgroup(const Result<std::string>& mount) {
  if (mount) return {{"cgroup", Severity::ok, "cgroup v2 at " + *mount, {}, {}}};
  return {{"cgroup", Severity::error, mount.error().text(),
           "a hypervisor's processes cannot be kept together and found again",
           "mount -t cgroup2 none /sys/fs/cgroup"}};
}

Findings check_space(const std::vector<Place>& places) {
  Findings findings;
  for (const Place& place : places) findings.push_back(judge(place));
  return findings;
}

}  // namespace flintctl::doctor
