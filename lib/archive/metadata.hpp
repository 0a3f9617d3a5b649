// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <ctime>
#include <string>

#include "archive/tar_entry.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// What a new file has without being asked: its creator's ids, when its folder hands down none.
struct Ownership {
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  bool operator==(const Ownership&) const = default;
};
Ownership own_ids();

/// Access and modification time as containerd sets them: the access time is the later of both, and
/// what lies before 1970 or after 2262 becomes 1970.
struct Times {
  timespec access;
  timespec modification;
};
Times bounded_times(const TarEntry& entry);

/// invalid_argument unless owner and device numbers are ones that Linux has.
Result<> check_numbers(const TarEntry& entry);

/// Gives an open file or folder the owner, attributes and mode of `entry`. `current` is what it has
/// now: what is right already costs no call.
Result<> set_metadata(int fd, const TarEntry& entry, Ownership owner, mode_t mode);

/// The same and its times for `name` in `parent`, which is no folder, without following a link.
/// May change the thread's working directory.
Result<> set_metadata_at(int parent, const std::string& name, const TarEntry& entry);

}  // namespace flintctl::archive
