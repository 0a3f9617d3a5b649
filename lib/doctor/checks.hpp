// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "doctor/finding.hpp"
#include "lifecycle/gc.hpp"
#include "loop/driver.hpp"
#include "lvm/report.hpp"
#include "provision/containerd_daemon.hpp"
#include "provision/step.hpp"
#include "sys/file.hpp"
#include "thinpool/pool.hpp"
#include "vmm/provider.hpp"

/// Each check judges what was read from the host, and reads nothing itself. What could not be read
/// for want of root is a warning that says so.
namespace flintctl::doctor {

/// A part of the kernel, and what it is needed for.
struct KernelPart {
  std::string module;  ///< as modprobe(8) takes it
  Severity severity = Severity::error;
  std::string breaks;
};
/// Those that flintctl uses.
std::vector<KernelPart> kernel_parts();
/// `present` tries one out, or loads its module; never by whether a device node exists. The hint of
/// its error mends it; without one modprobe(8) does.
Findings check_kernel(const std::vector<KernelPart>& parts,
                      const std::function<Result<>(const std::string& module)>& present);

/// A hypervisor and how it answered.
struct Hypervisor {
  std::string name;
  bool installed = false;  ///< its binary is there, whether it works or not
  Result<vmm::Probe> probe;
};
Findings check_hypervisors(const std::vector<Hypervisor>& hypervisors);
/// Without KVM only `hypervisors` that emulate are left, if any.
Findings check_kvm(const Result<>& kvm, const std::vector<Hypervisor>& hypervisors);

/// `mount`: where cgroup v2 is mounted.
Findings check_cgroup(const Result<std::string>& mount);
/// Mode, needs_check, fill. From 80 % of data or metadata on it is a warning, from 95 % an error.
Findings check_pool(const std::string& name, const Result<thinpool::Pool>& pool);
/// Whether LVM will extend its pool `name` before it is full.
Findings check_autoextend(const std::string& name, const Result<lvm::Report>& report);
/// `starter`: the command that makes one run on this host.
Findings check_containerd(const Result<provision::ContainerdStatus>& status,
                          const std::string& starter);
/// Whether this host is to have a network for VMs, or has one.
enum class Network { asked_for, not_asked_for };
/// `network`: what the step of that name found; a host without one runs VMs that have none.
/// `maker`: the command that makes it as it is to be.
Findings check_network(const Result<provision::Finding>& network, Network asked,
                       const std::string& maker);
/// `found`: a dry run of gc; `containerd`: what check_containerd() found.
Findings check_leftovers(const Result<std::vector<lifecycle::Leftover>>& found,
                         const Findings& containerd);
/// Loop devices over files below `folders` that `pool` does not stand on.
Findings check_loops(const std::vector<loop::Device>& devices,
                     const std::vector<std::string>& folders, const Result<thinpool::Pool>& pool);

/// Space left where flintctl writes.
struct Place {
  std::string path;
  Result<sys::FilesystemSpace> space;
};
Findings check_space(const std::vector<Place>& places);

}  // namespace flintctl::doctor
