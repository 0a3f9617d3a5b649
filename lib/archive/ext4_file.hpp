// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "archive/tar_entry.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// Whether the first bytes of an open file are those of an ext2, ext3 or ext4 file system.
/// Linux, Documentation/filesystems/ext4/super.rst: s_magic.
bool is_ext4(int fd);
/// The same of the first bytes themselves, of which there must be ext4_head.
bool is_ext4(std::string_view first_bytes);
constexpr std::size_t ext4_head = 2048;

/// Where a piece of a file lies.
struct Ext4Extent {
  std::uint64_t offset = 0;  ///< in the file, bytes
  std::uint64_t place = 0;   ///< in the file system, bytes
  std::uint64_t length = 0;
};

/// What a file has in it.
struct Ext4Content {
  std::uint64_t size = 0;
  std::string bytes;                ///< the beginning, when the inode holds it; else
  std::vector<Ext4Extent> extents;  ///< ordered. What neither covers reads as zeros
};

/// An inode, as far as a tar can tell of it. `entry` has no name.
struct Ext4Inode {
  enum class Kind { member, socket };  ///< a tar has no sockets
  Kind kind = Kind::member;
  TarEntry entry;
  unsigned links = 0;
  Ext4Content content;  ///< of files
};

struct Ext4Name {
  std::string name;
  std::uint32_t inode = 0;
};

/// An ext2, ext3 or ext4 file system in a file, read by libext2fs and never written to. Every
/// checksum that it has is looked at. Errors: data_loss for what e2fsck would mend, unimplemented
/// for features that are not known, resource_exhausted where it leads in circles.
///
/// libext2fs is made for file systems that one trusts more than images: use it in a confined
/// process only.
class Ext4File {
 public:
  /// `fd` is borrowed, `size` its length. `most_reads`: of blocks of metadata, all in all.
  /// invalid_argument for one that needs its journal replayed or was not unmounted.
  static Result<Ext4File> open(int fd, std::uint64_t size, std::uint64_t most_reads);

  static constexpr std::uint32_t root = 2;

  /// The names in a folder, in their order as bytes, without "." and "..".
  [[nodiscard]] Result<std::vector<Ext4Name>> names(std::uint32_t folder) const;
  /// All about one inode. At most `most_bytes` of content, holes left out.
  [[nodiscard]] Result<Ext4Inode> inode(std::uint32_t number, std::uint64_t most_bytes) const;

 private:
  struct Impl;
  struct Close {
    void operator()(Impl* impl) const;
  };
  explicit Ext4File(std::unique_ptr<Impl, Close> impl) : impl_(std::move(impl)) {}
  std::unique_ptr<Impl, Close> impl_;
};

}  // namespace flintctl::archive
