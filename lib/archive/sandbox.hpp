// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.hpp"

namespace flintctl::archive {

/// Confines the calling thread, and none else of the process, before it handles a layer's bytes:
/// its own umask (0) and working directory; and, as root, `root` as its root folder, so that a path
/// that got out of hand leads nowhere, and only the capabilities that placing files takes.
/// unshare(2), chroot(2), capabilities(7).
Result<> confine_thread(int root);

}  // namespace flintctl::archive
