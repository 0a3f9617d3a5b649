// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace flintctl::archive {
namespace {

/// Offset and length of a field within a header block. tar(5).
struct Field {
  std::size_t offset;
  std::size_t length;
  [[nodiscard]] std::string_view in(std::string_view block) const {
    return block.substr(offset, length);
  }
};

constexpr Field name_field = {0, 100};
constexpr Field mode_field = {100, 8};
constexpr Field uid_field = {108, 8};
constexpr Field gid_field = {116, 8};
constexpr Field size_field = {124, 12};
constexpr Field mtime_field = {136, 12};
constexpr Field checksum_field = {148, 8};
constexpr Field link_field = {157, 100};
constexpr Field magic_field = {257, 8};  // with the version
constexpr Field major_field = {329, 8};
constexpr Field minor_field = {337, 8};
constexpr Field prefix_field = {345, 155};
constexpr Field star_prefix_field = {345, 131};
constexpr Field star_trailer_field = {508, 4};
constexpr Field gnu_atime_field = {345, 12};
constexpr Field gnu_ctime_field = {357, 12};
constexpr Field gnu_sparse_field = {386, 4 * 24};
constexpr std::size_t gnu_more_offset = 482;
constexpr Field gnu_size_field = {483, 12};
constexpr Field extension_sparse_field = {0, 21 * 24};
constexpr std::size_t extension_more_offset = 504;

std::string text(std::string_view field) { return std::string(field.substr(0, field.find('\0'))); }

Error damaged_tar(std::string_view what) {
  return {Code::data_loss, fmt::format("damaged tar header: {}", what)};
}

Result<std::int64_t> parse_base256(std::string_view field) {
  const bool negative = (static_cast<unsigned char>(field[0]) & 0x40U) != 0;
  const auto fill = static_cast<unsigned char>(negative ? 0xffU : 0U);
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    auto byte = static_cast<unsigned char>(field[i]);
    if (i == 0) byte = static_cast<unsigned char>((byte & 0x7fU) | (negative ? 0x80U : 0U));
    const bool beyond = field.size() - i > sizeof value;
    if (beyond && byte != fill) return damaged_tar("a number is too large");
    value = (value << 8U) | byte;
  }
  if ((static_cast<std::int64_t>(value) < 0) != negative)
    return damaged_tar("a number is too large");
  return static_cast<std::int64_t>(value);
}

Result<> check_sum(std::string_view block) {
  const std::int64_t stated = TRY(parse_tar_number(checksum_field.in(block)));
  // Old tars summed signed chars; both sums are in use.
  std::int64_t as_unsigned = 0;
  std::int64_t as_signed = 0;
  for (std::size_t i = 0; i < tar_block; ++i) {
    const bool in_checksum =
        i >= checksum_field.offset && i < checksum_field.offset + checksum_field.length;
    const char byte = in_checksum ? ' ' : block[i];
    as_unsigned += static_cast<unsigned char>(byte);
    as_signed += static_cast<signed char>(byte);
  }
  if (stated != as_unsigned && stated != as_signed) return damaged_tar("wrong checksum");
  return {};
}

std::string joined(std::string_view prefix, const std::string& name) {
  const std::string folder = text(prefix);
  return folder.empty() ? name : folder + "/" + name;
}

/// A time of GNU's format, 0 where there is none.
Result<std::int64_t> gnu_time(std::string_view field) {
  return field[0] == '\0' ? Result<std::int64_t>(0) : parse_tar_number(field);
}

/// Go before 1.8 wrote ustar's prefix where GNU's format has times, which are read as Go reads
/// them: what is no time is a prefix. archive/tar, reader.go.
void parse_gnu_times(std::string_view block, TarHeader& header) {
  const auto atime = gnu_time(gnu_atime_field.in(block));
  if (atime && gnu_time(gnu_ctime_field.in(block))) {
    header.atime = *atime;
    return;
  }
  const auto prefix = prefix_field.in(block);
  const bool ascii = std::none_of(prefix.begin(), prefix.begin() + text(prefix).size(),
                                  [](char byte) { return static_cast<unsigned char>(byte) > 127; });
  if (ascii) header.name = joined(prefix, header.name);
}

/// What differs between the formats behind the v7 fields.
Result<> parse_extended(std::string_view block, TarHeader& header) {
  const auto magic = magic_field.in(block);
  header.gnu = magic == std::string_view("ustar  \0", 8);
  const bool ustar = magic.starts_with(std::string_view("ustar\0", 6));
  if (!header.gnu && !ustar) return {};
  header.device_major = TRY(parse_tar_number(major_field.in(block)));
  header.device_minor = TRY(parse_tar_number(minor_field.in(block)));
  if (header.gnu) {
    parse_gnu_times(block, header);
  } else {
    const bool star = star_trailer_field.in(block) == std::string_view("tar\0", 4);
    header.name = joined((star ? star_prefix_field : prefix_field).in(block), header.name);
  }
  return {};
}

Result<std::vector<SparsePart>> parse_parts(std::string_view field) {
  constexpr std::size_t number = 12;
  std::vector<SparsePart> parts;
  for (; field.size() >= 2 * number && field[0] != '\0'; field.remove_prefix(2 * number)) {
    const auto offset = TRY(parse_tar_number(field.substr(0, number)));
    const auto length = TRY(parse_tar_number(field.substr(number, number)));
    if (offset < 0 || length < 0) return damaged_tar("negative number in a sparse map");
    parts.push_back({static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(length)});
  }
  return parts;
}

}  // namespace

bool is_zero_block(std::string_view block) {
  return std::all_of(block.begin(), block.end(), [](char byte) { return byte == '\0'; });
}

Result<std::int64_t> parse_tar_number(std::string_view field) {
  if (!field.empty() && (static_cast<unsigned char>(field[0]) & 0x80U) != 0) {
    return parse_base256(field);
  }
  const auto padding = [](char byte) { return byte == ' ' || byte == '\0'; };
  while (!field.empty() && padding(field.front())) field.remove_prefix(1);
  while (!field.empty() && padding(field.back())) field.remove_suffix(1);
  std::int64_t value = 0;
  for (const char digit : field.substr(0, field.find('\0'))) {
    if (digit < '0' || digit > '7') return damaged_tar("a number is not octal");
    if (value > std::numeric_limits<std::int64_t>::max() >> 3U) {
      return damaged_tar("a number is too large");
    }
    value = value * 8 + (digit - '0');
  }
  return value;
}

Result<TarHeader> parse_tar_header(std::string_view block) {
  TRY(check_sum(block));
  TarHeader header;
  header.type = block[tar_type_offset];
  header.name = text(name_field.in(block));
  header.link = text(link_field.in(block));
  header.mode = TRY(parse_tar_number(mode_field.in(block)));
  header.uid = TRY(parse_tar_number(uid_field.in(block)));
  header.gid = TRY(parse_tar_number(gid_field.in(block)));
  header.size = TRY(parse_tar_number(size_field.in(block)));
  header.mtime = TRY(parse_tar_number(mtime_field.in(block)));
  TRY(parse_extended(block, header));
  if (header.size < 0) return damaged_tar("negative size");
  return header;
}

Result<GnuSparseMap> parse_gnu_sparse_header(std::string_view block) {
  GnuSparseMap map;
  map.parts = TRY(parse_parts(gnu_sparse_field.in(block)));
  map.more = block[gnu_more_offset] != '\0';
  map.size = TRY(parse_tar_number(gnu_size_field.in(block)));
  return map;
}

Result<GnuSparseMap> parse_gnu_sparse_extension(std::string_view block) {
  GnuSparseMap map;
  map.parts = TRY(parse_parts(extension_sparse_field.in(block)));
  map.more = block[extension_more_offset] != '\0';
  return map;
}

}  // namespace flintctl::archive
