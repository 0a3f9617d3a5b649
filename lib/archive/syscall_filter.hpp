// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.hpp"

namespace flintctl::archive {

/// From here on the calling thread, and those it starts, may only make the system calls that
/// extracting takes: files, memory, threads, and messages on sockets that are open. Any other
/// (execve, socket, mount, ptrace, a new namespace, …), and memory that is to be executed, kills
/// the process by SIGSYS. Cannot be taken back. seccomp(2).
Result<> filter_syscalls();

}  // namespace flintctl::archive
