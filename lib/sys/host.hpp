// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"

namespace flintctl::sys {

/// permission_denied with a hint unless the effective user is root. `what` = "creating a thin
/// pool".
Result<> require_root(const std::string& what);
/// systemd is pid 1: /run/systemd/system exists. sd_booted(3).
bool systemd_running();
/// udevd answers: /run/udev/control exists, and DM_DISABLE_UDEV is not set.
bool udev_running();
/// Loads a kernel module and what it depends on, as modprobe(8) does, through libkmod; fine when it
/// is loaded or built in. host_not_ready when the kernel has no such module.
Result<> load_module(const std::string& name);
/// The running kernel's modules. Its lists of files are read once, when they are first needed.
class KernelModules {
 public:
  /// Part of the running kernel: loaded, or built in.
  bool loaded(const std::string& name);
  /// There is a file of it. modules.dep(5).
  bool available(const std::string& name);

 private:
  std::optional<std::string> built_in_;
  std::optional<std::string> files_;
};
/// This process's executable, for re-execution: /proc/self/exe resolved. host_not_ready when it was
/// deleted or replaced since it was started.
Result<std::string> own_executable();
/// `length` random bytes as lower-case hexadecimal. getrandom(2).
std::string random_hex(std::size_t length);

}  // namespace flintctl::sys
