// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.hpp"

namespace flintctl::archive {

/// What a confined process is for.
enum class Work {
  extracting,  ///< writes files below its root
  copying,     ///< reads files below its root and stores them in folders that are open
};

/// From here on the calling thread, and those it starts, may only make the system calls that
/// its work takes: files, memory, threads, and messages on sockets that are open. Any other
/// (execve, socket, mount, ptrace, a new namespace, …), and memory that is to be executed, kills
/// the process by SIGSYS. Cannot be taken back. seccomp(2).
Result<> filter_syscalls(Work work);

}  // namespace flintctl::archive
