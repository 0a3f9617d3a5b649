// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace flintctl::sys {

/// True of a folder that the whole host shares: `/`, what lies directly in it, and the likes of
/// /var/lib and /usr/bin; also of what lies in /proc, /sys and /dev (but not in /dev/shm). Links,
/// ".." and double slashes are seen through. hier(7).
bool is_shared_folder(const std::string& path);

/// For a folder that a program is to have for itself: invalid_argument with a hint when it is a
/// shared one. `what` = "containerd's root".
Result<> refuse_shared_folder(std::string_view what, const std::string& path);

/// True of what a reboot, or somebody who clears up, may take away: below /tmp, /var/tmp, /run and
/// /dev. file-hierarchy(7).
bool is_volatile(const std::string& path);

/// True when something is mounted on the folder. statx(2).
bool is_mount_point(const std::string& path);

}  // namespace flintctl::sys
