// SPDX-License-Identifier: Apache-2.0
#pragma once

// For this room's .cpp files only: it brings libext2fs's header.
#include <cstdint>

#include "archive/libext2fs.hpp"

namespace flintctl::archive {

/// The file that libext2fs reads, as it sees devices: it is never written to, what lies beyond its
/// end is an error, and the reads it answers are counted, so that structures that lead in circles
/// end some time.
struct Ext4Device {
  int fd = -1;
  std::uint64_t size = 0;  ///< bytes
  std::uint64_t reads = 0;
  std::uint64_t most_reads = 0;
  bool tired = false;  ///< a read was refused because they were too many
};

/// How libext2fs is told to read `device`, which must outlive its file system: pass the result to
/// ext2fs_open2() before another call on this thread.
io_manager manager_of(Ext4Device& device);

}  // namespace flintctl::archive
