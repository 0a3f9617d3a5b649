// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace flintctl::sys {

/// mount(2). `flags` are MS_* values; `options` the filesystem's own, comma-separated.
Result<> mount(const std::string& source, const std::string& target, const std::string& type,
               unsigned long flags, const std::string& options = {});
/// umount2(target, 0), tried again for a short while on EBUSY; never lazy. Fine when not mounted.
Result<> unmount(const std::string& target);
/// A mount namespace of the calling process's own, with nothing propagated out of it.
Result<> unshare_mounts();
/// True when something is mounted exactly at `target`.
Result<bool> is_mounted(const std::string& target);
/// Mount points at or below `prefix`, deepest first. /proc/self/mountinfo.
Result<std::vector<std::string>> mounts_below(const std::string& prefix);
/// Where the block device "MAJOR:MINOR" is mounted by the first line of `mountinfo` (the text of
/// /proc/self/mountinfo) that has it, or empty. proc(5).
std::string mount_point_of(const std::string& mountinfo, const std::string& device);

}  // namespace flintctl::sys
