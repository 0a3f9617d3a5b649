// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archive/tar_entry.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

inline constexpr std::size_t tar_block = 512;
/// Where a block says what kind of member it begins.
inline constexpr std::size_t tar_type_offset = 156;

/// One header block as it is. Formats: v7, ustar (POSIX.1-1988) with PAX, star, GNU; tar(5).
struct TarHeader {
  char type = '\0';  ///< the typeflag byte
  bool gnu = false;
  std::string name;  ///< with ustar's prefix
  std::string link;
  std::int64_t mode = 0;
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  std::int64_t size = 0;
  std::int64_t mtime = 0;  ///< seconds
  std::int64_t atime = 0;  ///< GNU only; 0 when unset
  std::int64_t device_major = 0;
  std::int64_t device_minor = 0;
};

/// `block` has tar_block bytes. data_loss when its checksum is wrong or a number is none.
Result<TarHeader> parse_tar_header(std::string_view block);

/// True for a block of zeros: two of them end an archive.
bool is_zero_block(std::string_view block);

/// An octal number with blanks and NULs around it, or GNU's base 256 (two's complement, first bit
/// set). data_loss when it is neither or does not fit.
Result<std::int64_t> parse_tar_number(std::string_view field);

/// The old GNU sparse map in a header of type 'S' or in an extension block that follows it.
struct GnuSparseMap {
  std::vector<SparsePart> parts;
  bool more = false;      ///< another extension block follows
  std::int64_t size = 0;  ///< of the whole file; headers only
};
Result<GnuSparseMap> parse_gnu_sparse_header(std::string_view block);
Result<GnuSparseMap> parse_gnu_sparse_extension(std::string_view block);

}  // namespace flintctl::archive
