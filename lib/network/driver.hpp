// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace flintctl::network {

/// Host interfaces of VMs, in the calling process's network namespace. Taps are persistent: they
/// outlive the process and go by delete_tap(). An interface so that tests can do without a kernel.
class Driver {
 public:
  virtual ~Driver() = default;

  /// Success when `name` is a bridge; not_found or invalid_argument with a hint otherwise.
  virtual Result<> check_bridge(const std::string& name) = 0;
  /// A persistent tap with virtio headers, as Firecracker, Cloud Hypervisor and QEMU open it, up
  /// and joined to `bridge` (empty: to none). A leftover of that name is replaced; aborted while a
  /// process holds it. On failure nothing is left. Needs CAP_NET_ADMIN.
  virtual Result<> create_tap(const std::string& name, const std::string& bridge) = 0;
  /// Fine when it is absent; not for interfaces that are no tap of ours.
  virtual Result<> delete_tap(const std::string& name) = 0;
  /// Names of taps that look like ours, sorted.
  virtual Result<std::vector<std::string>> list_taps() = 0;
};

/// The kernel's, by ioctl and netlink, without child processes.
std::unique_ptr<Driver> open_kernel_driver();

inline constexpr std::string_view tap_prefix = "fltap";

/// The tap of a VM's interface number `index`: "fltap" and 8 hexadecimal digits made from the uid,
/// so that who knows the VM knows its taps.
std::string tap_name(std::string_view uid, unsigned index);
/// "fltap" and 8 lower-case hexadecimal digits.
bool is_tap_name(std::string_view name);

}  // namespace flintctl::network
