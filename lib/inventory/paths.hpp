// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace flintctl::inventory {

/// Where the files of VMs lie. Runtime folders are short, for a socket path has at most 107 bytes.
struct Paths {
  std::string run = "/run/flintctl";  ///< gone after a reboot
  std::string state = "/var/lib/flintctl";

  /// Sockets and runtime.json of one VM, 0700.
  [[nodiscard]] std::string run_directory(const std::string& uid) const { return run + "/" + uid; }
  /// What outlives a reboot of the host: user-data, exit evidence; 0700.
  [[nodiscard]] std::string vm_directory(const std::string& uid) const { return vms() + "/" + uid; }
  [[nodiscard]] std::string vms() const { return state + "/vm"; }
  /// Mount point of the size-limited filesystem that holds console and hypervisor logs.
  [[nodiscard]] std::string log_directory(const std::string& uid) const {
    return vm_directory(uid) + "/log";
  }
  [[nodiscard]] std::string console_log(const std::string& uid) const {
    return log_directory(uid) + "/console.log";
  }
  /// Of sys::FactCache.
  [[nodiscard]] std::string facts() const { return run + "/facts"; }
  [[nodiscard]] std::string kernels() const { return state + "/kernels"; }
};

/// Names of a VM's things in containerd, all below "flintctl/".
std::string lease_id(const std::string& uid);
std::string snapshot_key(const std::string& name_space, const std::string& name,
                         const std::string& uid, const std::string& volume);
inline constexpr auto snapshot_prefix = "flintctl/";
inline constexpr auto lease_prefix = "flintctl/vm/";

}  // namespace flintctl::inventory
