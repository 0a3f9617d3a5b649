// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.hpp"

namespace flintctl::archive {

/// Gives the calling thread, and none else of the process, an umask (0) and a working folder of its
/// own. unshare(2), CLONE_FS.
Result<> separate_thread();

/// separate_thread(), and, as root, `root` as the thread's root folder, so that a path that got out
/// of hand leads nowhere, and only the capabilities that placing files takes. For a process that
/// still has to unmount what it mounted. chroot(2), capabilities(7).
Result<> confine_thread(int root);

/// Confines the whole process, which must have one thread yet and its mount from mount_root(): the
/// mount is all that is left of the file system, no privilege but that of placing files in it, no
/// system call but those that takes, a bound on memory, no core dump. What is mounted goes when the
/// process ends. Only for the re-executed child. pivot_root(2), seccomp(2).
Result<> confine_process(int root);

}  // namespace flintctl::archive
