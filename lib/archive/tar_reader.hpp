// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "archive/byte_source.hpp"
#include "archive/pax.hpp"
#include "archive/tar_entry.hpp"
#include "archive/tar_header.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// Reads a tar (v7, ustar, PAX, star, GNU; sparse files of every kind) as a stream, with the
/// choices of Go's archive/tar, by which every registry's layers were written: bytes of names stay
/// as they are, global PAX headers are ignored, and what is odd is an error rather than a guess.
///
/// Why not libarchive: it composes the names of PAX headers to Unicode's NFC, and so gives files
/// other names than the layer has; and it hides the member's type byte.
class TarReader {
 public:
  explicit TarReader(ByteSource& source) : source_(source) {}

  /// The next member, after skipping what is left of the one before; nothing at the archive's end.
  /// data_loss for a damaged archive, invalid_argument for what no filesystem can hold.
  Result<std::optional<TarEntry>> next();

  struct Piece {
    std::uint64_t offset = 0;  ///< in the file
    std::string_view bytes;    ///< valid until the next call
  };
  /// The next piece of the current file's data, in the order of offsets; nothing at its end.
  Result<std::optional<Piece>> read();

 private:
  /// What extension headers before a member said about it.
  struct Extensions {
    PaxRecords pax;
    std::optional<std::string> name;
    std::optional<std::string> link;
  };

  Result<std::optional<std::string_view>> block();
  Result<std::optional<std::string_view>> header_block();
  Result<std::string_view> piece(std::uint64_t most);
  Result<> skip(std::uint64_t length);
  Result<std::string> extension_body(const TarHeader& header);
  Result<TarEntry> member(const TarHeader& header, std::string_view block, Extensions extensions);
  Result<> begin_data(const TarHeader& header, const PaxRecords& pax, TarEntry& entry);
  Result<> begin_sparse(std::string_view block, const PaxRecords& pax, TarEntry& entry);
  Result<std::vector<SparsePart>> gnu_sparse_parts(std::string_view block, TarEntry& entry);
  Result<std::vector<SparsePart>> stored_sparse_parts();

  ByteSource& source_;
  std::string_view buffer_;                     ///< unread rest of the source's last piece
  std::array<char, tar_block> assembled_ = {};  ///< a block that lay across two pieces
  std::uint64_t left_ = 0;                      ///< of the member's data
  std::uint64_t padding_ = 0;                   ///< after it
  std::vector<SparsePart> parts_;               ///< where the data goes
  std::size_t part_ = 0;
  std::uint64_t in_part_ = 0;  ///< bytes of parts_[part_] already read
};

}  // namespace flintctl::archive
