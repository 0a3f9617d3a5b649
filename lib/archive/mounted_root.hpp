// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/job.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::archive {

enum class Access { read_only, read_write };

/// Moves the process into a mount namespace of its own and mounts a snapshot there, with no
/// devices, no set-user-ID and nothing to execute. Only for the re-executed child: the mount is
/// seen by no other process and ends with this one, whatever happens. Returns the root of the
/// mount. Errors are the host's, see fault_of_host().
Result<UniqueFd> mount_root(const Mount& mount, Access access);

/// The same error as one of the host, which no layer's bytes are to blame for: host_not_ready in
/// place of what would mean a wrong image (a device that vanished, say, is "not found").
Error fault_of_host(Error error);

}  // namespace flintctl::archive
