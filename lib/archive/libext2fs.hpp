// SPDX-License-Identifier: Apache-2.0
#pragma once

// For this room's .cpp files only: it brings libext2fs's header.
#include <ext2fs/ext2fs.h>

#include "core/result.hpp"

namespace flintctl::archive {

/// The functions of libext2fs that this room calls, looked up when the first file system is
/// opened: no other command should pay for it.
struct Libext2fs {
  decltype(&::ext2fs_open2) open2 = nullptr;
  decltype(&::ext2fs_free) free = nullptr;
  decltype(&::ext2fs_read_inode_full) read_inode_full = nullptr;
  decltype(&::ext2fs_dir_iterate2) dir_iterate2 = nullptr;
  decltype(&::ext2fs_block_iterate3) block_iterate3 = nullptr;
  decltype(&::ext2fs_extent_open2) extent_open2 = nullptr;
  decltype(&::ext2fs_extent_get) extent_get = nullptr;
  decltype(&::ext2fs_extent_free) extent_free = nullptr;
  decltype(&::ext2fs_inline_data_size) inline_data_size = nullptr;
  decltype(&::ext2fs_inline_data_get) inline_data_get = nullptr;
  decltype(&::ext2fs_is_fast_symlink) is_fast_symlink = nullptr;
  decltype(&::ext2fs_xattrs_open) xattrs_open = nullptr;
  decltype(&::ext2fs_xattrs_read) xattrs_read = nullptr;
  decltype(&::ext2fs_xattrs_iterate) xattrs_iterate = nullptr;
  decltype(&::ext2fs_xattr_get) xattr_get = nullptr;
  decltype(&::ext2fs_xattrs_close) xattrs_close = nullptr;
  decltype(&::error_message) error_message = nullptr;

  /// Opened once for the process; host_not_ready when libext2fs is missing.
  static Result<const Libext2fs*> get();
};

}  // namespace flintctl::archive
