// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "inventory/paths.hpp"
#include "vm/record.hpp"

namespace flintctl::inventory {

/// One run of a VM's hypervisor, written when it starts.
struct Runtime {
  std::string boot_id;  ///< of the host
  /// For display and checks; never enough to call the VM alive. 0 until the process is there.
  std::int64_t pid = 0;
  std::uint64_t pid_start_time = 0;  ///< /proc/PID/stat field 22
  vm::Time started_at;
  std::uint64_t console_offset = 0;  ///< where this run's output begins in the console log
  std::optional<vm::Time> booted_at;
  std::string cmdline;  ///< of the guest's kernel
  std::string provider_version;
  std::string accelerator;
  std::string note;  ///< of the provider, about this host
};

/// How the last run ended.
struct Exit {
  std::string reason;  ///< one word: "GuestShutdown", "ShutDown", "Killed", "GuestPanic", …
  std::string message;
  bool failed = false;  ///< nobody asked for it and it was no clean power-off
  vm::Time at;
};

/// Written twice: beside the sockets, where a reboot takes it away, and in the VM's folder, where
/// it tells a rebooted host from a VM that never ran.
Result<> write_runtime(const Paths& paths, const std::string& uid, const Runtime& runtime);
/// not_found when the VM never ran.
Result<Runtime> read_runtime(const Paths& paths, const std::string& uid);

Result<> write_exit(const Paths& paths, const std::string& uid, const Exit& exit);
/// not_found when none is recorded.
Result<Exit> read_exit(const Paths& paths, const std::string& uid);
/// Forgets the last end, when a new run begins.
Result<> clear_exit(const Paths& paths, const std::string& uid);

}  // namespace flintctl::inventory
