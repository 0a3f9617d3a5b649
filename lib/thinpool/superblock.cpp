// SPDX-License-Identifier: Apache-2.0
#include "thinpool/superblock.hpp"

#include <cstddef>

namespace flintctl::thinpool {
namespace {

constexpr std::uint64_t magic = 27022010;
constexpr std::size_t flags_at = 4;
constexpr std::size_t magic_at = 32;
constexpr std::size_t version_at = 40;
constexpr std::size_t transaction_at = 48;
constexpr std::size_t data_blocks_at = 64;  // first field of the data space map's root
constexpr std::size_t block_sectors_at = 336;
constexpr std::size_t shortest = block_sectors_at + 4;
constexpr std::uint32_t needs_check_flag = 1;

template <typename Number>
Number little_endian(std::string_view bytes, std::size_t offset) {
  Number number = 0;
  for (std::size_t i = sizeof(Number); i > 0; --i) {
    number = static_cast<Number>(number << 8U) | static_cast<unsigned char>(bytes[offset + i - 1]);
  }
  return number;
}

}  // namespace

std::optional<Superblock> parse_superblock(std::string_view bytes) {
  if (bytes.size() < shortest) return std::nullopt;
  if (little_endian<std::uint64_t>(bytes, magic_at) != magic) return std::nullopt;
  Superblock superblock;
  superblock.version = little_endian<std::uint32_t>(bytes, version_at);
  superblock.transaction_id = little_endian<std::uint64_t>(bytes, transaction_at);
  superblock.data_blocks = little_endian<std::uint64_t>(bytes, data_blocks_at);
  superblock.block_sectors = little_endian<std::uint32_t>(bytes, block_sectors_at);
  superblock.needs_check = (little_endian<std::uint32_t>(bytes, flags_at) & needs_check_flag) != 0;
  return superblock;
}

}  // namespace flintctl::thinpool
