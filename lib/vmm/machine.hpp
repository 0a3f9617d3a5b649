// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace flintctl::vmm {

/// A block device or raw image file as the guest's next disk; the first one is the root (vda).
struct Disk {
  std::string id;    ///< letters, digits and '_' (Firecracker takes no hyphen), at most 20
  std::string path;  ///< "/dev/…" or a regular file
  bool read_only = false;
};

/// A network interface on an existing tap; the guest sees them as eth0, eth1, … in this order.
struct Nic {
  std::string id;   ///< as Disk::id
  std::string tap;  ///< host interface name
  std::string mac;  ///< "02:…", unicast
};

/// What names one running VM: enough to find, ask, stop and judge it in any later process.
struct Instance {
  std::string uid;            ///< vm::is_uid
  std::string run_directory;  ///< /run/flintctl/<uid>: sockets; absolute, short (sun_path is 108)
  /// Where the guest's serial output is appended. The hypervisor's own logs lie beside it, so that
  /// one size-limited mount bounds them all.
  std::string console_log;
};

/// A whole VM as a hypervisor needs it, all host parts already made.
struct Machine {
  Instance instance;
  std::string name;  ///< for people: shows in messages only
  unsigned vcpus = 1;
  std::uint64_t memory_bytes = 0;  ///< a multiple of 1 MiB
  std::string kernel;              ///< in Provider::kernel_format()
  std::string initrd;              ///< empty: none
  std::string cmdline;             ///< final: vm::format_cmdline of the merged defaults
  std::vector<Disk> disks;         ///< root first, then in guest order (vda, vdb, …)
  std::vector<Nic> nics;
  std::vector<std::string> extra_args;  ///< appended to the hypervisor's argv, after the settings'
};

/// Beside console_log.
std::string hypervisor_log(const Instance& instance);  ///< the process's stderr: its last words
/// The hypervisor's control socket in run_directory.
std::string control_socket(const Instance& instance);

/// One rule that a Machine breaks. `field` is a path as in the manifest ("spec.vcpus").
struct Violation {
  std::string field;
  std::string rule;
  std::string hint;
};

/// invalid_argument that lists every violation, or success when there is none.
Result<> refuse(const std::vector<Violation>& violations, std::string_view provider);

}  // namespace flintctl::vmm
