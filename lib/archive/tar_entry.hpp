// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace flintctl::archive {

/// A part of a sparse file that has data; what no part covers reads as zeros.
struct SparsePart {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// One member of a tar, all extension headers (PAX, GNU) merged in.
struct TarEntry {
  enum class Type { file, hard_link, symlink, character_device, block_device, directory, fifo };

  Type type = Type::file;
  std::string name;  ///< as written, not cleaned
  std::string link;  ///< target of a hard_link or symlink
  mode_t mode = 0;   ///< permissions, set-user-ID, set-group-ID and sticky bits
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  std::uint64_t size = 0;    ///< of the file as read, holes included; 0 unless type is file
  std::uint64_t stored = 0;  ///< bytes of data in the archive
  timespec mtime = {};
  std::optional<timespec> atime;
  std::uint64_t device_major = 0;
  std::uint64_t device_minor = 0;
  std::vector<std::pair<std::string, std::string>> xattrs;  ///< "security.capability", bytes
  std::optional<std::vector<SparsePart>> sparse;            ///< ordered, within size
};

}  // namespace flintctl::archive
