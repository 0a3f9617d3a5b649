// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace flintctl::sys {

/// The path without ".", "..", double and trailing slashes; links in it stay links.
std::string plain_path(const std::string& path);

/// `path` is `folder` or lies below it; both as plain_path() has them.
bool is_within(std::string_view path, std::string_view folder);

/// True of configuration and programs, with all that lies below: /etc, /usr, /boot and the likes of
/// /bin, where not even a folder of one's own is a place for data. Links are not followed. hier(7).
bool is_system_place(const std::string& path);

/// True of a folder that the whole host shares: `/`, what lies directly in it, and the likes of
/// /var/lib and /usr/bin; also of what lies in /proc, /sys and /dev (but not in /dev/shm). Links,
/// ".." and double slashes are seen through. hier(7).
bool is_shared_folder(const std::string& path);

/// For a folder that a program is to have for itself: invalid_argument with a hint when it is a
/// shared one. `what` = "containerd's root". Of a filesystem that is mounted directly below / as
/// well, in which a folder can be had.
Result<> refuse_shared_folder(std::string_view what, const std::string& path);

/// True of what a reboot, or somebody who clears up, may take away: below /tmp, /var/tmp, /run and
/// /dev. file-hierarchy(7).
bool is_volatile(const std::string& path);

/// True when something is mounted on the folder. statx(2).
bool is_mount_point(const std::string& path);

}  // namespace flintctl::sys
