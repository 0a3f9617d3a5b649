// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/syscall_filter.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// Gives the calling thread, and none else of the process, an umask (0) and a working folder of its
/// own. unshare(2), CLONE_FS.
Result<> separate_thread();

/// Confines the whole process, which must have one thread yet and its mount from mount_root(): the
/// mount is all that is left of the file system, no privilege but that of placing files in it, no
/// system call but those that its work takes, a bound on memory and on the length of copies, no
/// core dump. Folders that are open stay in reach. What is mounted goes when the process ends. Only
/// for a re-executed child. Errors are the host's, see fault_of_host(). pivot_root(2), seccomp(2).
Result<> confine_process(int root, Work work = Work::extracting);

}  // namespace flintctl::archive
