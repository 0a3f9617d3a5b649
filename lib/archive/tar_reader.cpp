// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "archive/pax_sparse.hpp"

namespace flintctl::archive {
namespace {

/// What one extension header (PAX, GNU long name) may hold, as in Go's archive/tar.
constexpr std::int64_t max_extension = std::int64_t{1} << 20U;

Error truncated() { return {Code::data_loss, "the tar ends in the middle of a member"}; }

Result<TarEntry::Type> entry_type(char type) {
  using Type = TarEntry::Type;
  switch (type) {
    case '\0':
    case '0':
    case '7':  // contiguous file
    case 'S':  // old GNU sparse file
      return Type::file;
    case '1':
      return Type::hard_link;
    case '2':
      return Type::symlink;
    case '3':
      return Type::character_device;
    case '4':
      return Type::block_device;
    case '5':
      return Type::directory;
    case '6':
      return Type::fifo;
    default:
      return Error(Code::invalid_argument, fmt::format("tar member of unknown type 0x{:02x}",
                                                       static_cast<unsigned char>(type)));
  }
}

Result<std::uint64_t> device_number(std::int64_t number) {
  if (number < 0) return Error(Code::data_loss, "damaged tar header: negative device number");
  return static_cast<std::uint64_t>(number);
}

}  // namespace

Result<std::optional<std::string_view>> TarReader::block() {
  if (buffer_.empty()) buffer_ = TRY(source_.next());
  if (buffer_.empty()) return std::optional<std::string_view>();
  if (buffer_.size() >= tar_block) {
    const auto whole = buffer_.substr(0, tar_block);
    buffer_.remove_prefix(tar_block);
    return std::optional(whole);
  }
  std::size_t have = 0;
  while (have < tar_block) {
    const auto part = TRY(piece(tar_block - have));
    std::memcpy(assembled_.data() + have, part.data(), part.size());
    have += part.size();
  }
  return std::optional(std::string_view(assembled_.data(), tar_block));
}

/// A block that is no zero block, or nothing at the end: the end of the stream or two zero blocks.
Result<std::optional<std::string_view>> TarReader::header_block() {
  const auto first = TRY(block());
  if (!first || !is_zero_block(*first)) return first;
  const auto second = TRY(block());
  if (!second || is_zero_block(*second)) return std::optional<std::string_view>();
  return Error(Code::data_loss, "damaged tar: a single block of zeros between members");
}

/// At least one and at most `most` bytes.
Result<std::string_view> TarReader::piece(std::uint64_t most) {
  if (buffer_.empty()) buffer_ = TRY(source_.next());
  if (buffer_.empty()) return truncated();
  const auto part = buffer_.substr(0, most);
  buffer_.remove_prefix(part.size());
  return part;
}

Result<> TarReader::skip(std::uint64_t length) {
  while (length > 0) length -= TRY(piece(length)).size();
  return {};
}

Result<std::string> TarReader::extension_body(const TarHeader& header) {
  if (header.size > max_extension) {
    return Error(Code::invalid_argument,
                 fmt::format("a tar extension header of {} bytes is too large", header.size));
  }
  std::string body;
  const auto size = static_cast<std::size_t>(header.size);
  while (body.size() < size) body += TRY(piece(size - body.size()));
  TRY(skip((tar_block - size % tar_block) % tar_block));
  return body;
}

Result<std::optional<TarEntry>> TarReader::next() {
  TRY(skip(left_));
  TRY(skip(padding_));
  left_ = padding_ = 0;
  Extensions extensions;
  for (;;) {
    const auto raw = TRY(header_block());
    if (!raw) return std::optional<TarEntry>();
    const TarHeader header = TRY(parse_tar_header(*raw));
    if (header.type == 'x') {
      const auto body = TRY(extension_body(header));
      extensions.pax = TRY(parse_pax(body));
    } else if (header.type == 'g') {
      (void)TRY(extension_body(header));
      extensions = {};
    } else if (header.type == 'L' || header.type == 'K') {
      auto body = TRY(extension_body(header));
      body.resize(std::min(body.size(), body.find('\0')));
      (header.type == 'L' ? extensions.name : extensions.link) = std::move(body);
    } else {
      return std::optional(TRY(member(header, *raw, std::move(extensions))));
    }
  }
}

Result<TarEntry> TarReader::member(const TarHeader& header, std::string_view block,
                                   Extensions extensions) {
  TarEntry entry;
  entry.type = TRY(entry_type(header.type));
  entry.name = header.name;
  entry.link = header.link;
  entry.mode = static_cast<mode_t>(header.mode & 07777);
  entry.uid = header.uid;
  entry.gid = header.gid;
  entry.mtime.tv_sec = header.mtime;
  if (header.atime != 0) entry.atime = timespec{header.atime, 0};
  entry.device_major = TRY(device_number(header.device_major));
  entry.device_minor = TRY(device_number(header.device_minor));
  TRY(merge_pax(extensions.pax, entry));
  if (extensions.name) entry.name = std::move(*extensions.name);
  if (extensions.link) entry.link = std::move(*extensions.link);
  // Archives older than the directory type end a directory's name in a slash.
  if (header.type == '\0' && entry.name.ends_with('/')) entry.type = TarEntry::Type::directory;
  TRY(begin_data(header, extensions.pax, entry));
  if (entry.type == TarEntry::Type::file) TRY(begin_sparse(block, extensions.pax, entry));
  return entry;
}

Result<> TarReader::begin_data(const TarHeader& header, const PaxRecords& pax, TarEntry& entry) {
  std::int64_t size = header.size;
  for (const auto& [key, value] : pax) {
    if (key == "size" && !value.empty()) size = TRY(parse_pax_number(value));
  }
  if (size < 0) return Error(Code::data_loss, "damaged tar header: negative size");
  // Only files have data, whatever the size of a link or a directory says.
  if (entry.type != TarEntry::Type::file) size = 0;
  entry.size = entry.stored = left_ = static_cast<std::uint64_t>(size);
  padding_ = (tar_block - left_ % tar_block) % tar_block;
  parts_ = {{0, left_}};
  part_ = 0;
  in_part_ = 0;
  return {};
}

Result<> TarReader::begin_sparse(std::string_view block, const PaxRecords& pax, TarEntry& entry) {
  if (block[tar_type_offset] == 'S') {
    parts_ = TRY(gnu_sparse_parts(block, entry));
  } else {
    auto sparse = TRY(parse_pax_sparse(pax));
    if (!sparse) return {};
    if (sparse->name) entry.name = std::move(*sparse->name);
    entry.size = sparse->size;
    parts_ = sparse->map_is_stored ? TRY(stored_sparse_parts()) : std::move(sparse->parts);
  }
  TRY(check_sparse_parts(parts_, entry.size, left_));
  entry.sparse = parts_;
  return {};
}

Result<std::vector<SparsePart>> TarReader::gnu_sparse_parts(std::string_view block,
                                                            TarEntry& entry) {
  GnuSparseMap map = TRY(parse_gnu_sparse_header(block));
  if (map.size < 0) return Error(Code::data_loss, "damaged tar header: negative size");
  entry.size = static_cast<std::uint64_t>(map.size);
  std::vector<SparsePart> parts = std::move(map.parts);
  while (map.more) {
    const auto extension = TRY(this->block());
    if (!extension) return truncated();
    map = TRY(parse_gnu_sparse_extension(*extension));
    parts.insert(parts.end(), map.parts.begin(), map.parts.end());
    if (parts.size() > max_sparse_parts) {
      return Error(Code::resource_exhausted, "a sparse map has too many parts");
    }
  }
  return parts;
}

/// Format 1.0: decimal numbers, each on a line: the count of parts, then offset and length of each,
/// filled up with NULs to a whole block.
Result<std::vector<SparsePart>> TarReader::stored_sparse_parts() {
  constexpr std::size_t longest_number = 20;
  std::string text;
  std::size_t position = 0;
  const auto number = [&]() -> Result<std::uint64_t> {
    for (;;) {
      const auto line_end = text.find('\n', position);
      if (line_end != std::string::npos) {
        const std::string_view line(text.data() + position, line_end - position);
        position = line_end + 1;
        return parse_sparse_number(line);
      }
      if (text.size() - position > longest_number || left_ < tar_block) {
        return Error(Code::data_loss, "damaged sparse map: no number");
      }
      text.erase(0, position);
      position = 0;
      const auto more = TRY(block());
      if (!more) return truncated();
      text += *more;
      left_ -= tar_block;
    }
  };
  const std::uint64_t count = TRY(number());
  if (count > max_sparse_parts) {
    return Error(Code::resource_exhausted, "a sparse map has too many parts");
  }
  std::vector<SparsePart> parts;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t offset = TRY(number());
    parts.push_back({offset, TRY(number())});
  }
  return parts;
}

Result<std::optional<TarReader::Piece>> TarReader::read() {
  if (left_ == 0) return std::optional<Piece>();
  while (in_part_ == parts_[part_].length) {
    ++part_;
    in_part_ = 0;
  }
  const SparsePart& part = parts_[part_];
  const auto bytes = TRY(piece(part.length - in_part_));
  const Piece result = {part.offset + in_part_, bytes};
  in_part_ += bytes.size();
  left_ -= bytes.size();
  return std::optional(result);
}

}  // namespace flintctl::archive
