// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "archive/job.hpp"
#include "archive/tar_writer.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// Writes the files of an ext2, ext3 or ext4 file system as the members of a tar, and its end: in
/// the order of their names, so that the same tree gives the same bytes wherever mke2fs put it.
/// Left out are sockets, which no tar holds, and an empty lost+found. `fd` is the file system of
/// `size` bytes. Errors name the file; resource_exhausted above `limits`,
/// invalid_argument for names that are whiteouts in a layer. See Ext4File.
Result<> write_ext4_tree(int fd, std::uint64_t size, const Limits& limits, TarWriter& tar);

}  // namespace flintctl::archive
