// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "inventory/paths.hpp"
#include "sys/lock.hpp"

namespace flintctl::inventory {

/// The lock of a VM's name: keyed by containerd's socket and namespace and the VM's namespace and
/// name, because a create has no uid yet and two containerds may each have a VM of one name.
std::string name_lock_path(const Paths& paths, const containerd::Client& client,
                           const std::string& name_space, const std::string& name);

/// Takes it; aborted (naming the holder's pid) when somebody has it for longer than `wait`.
Result<sys::FileLock> lock_name(const Paths& paths, const containerd::Client& client,
                                const std::string& name_space, const std::string& name,
                                std::chrono::milliseconds wait);

/// The process that holds a lock file, without touching the lock: the pid in the file, if that
/// process has this very file open.
std::optional<pid_t> lock_holder(const std::string& path);

}  // namespace flintctl::inventory
