// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace flintctl::thinpool {

/// The first block of thin-pool metadata: what a pool says of itself while it is not active.
/// Layout: struct thin_disk_superblock in drivers/md/dm-thin-metadata.c, little endian.
struct Superblock {
  std::uint32_t version = 0;
  std::uint64_t transaction_id = 0;
  std::uint64_t data_blocks = 0;    ///< length of the data device that the metadata describes
  std::uint32_t block_sectors = 0;  ///< data block size
  bool needs_check = false;
};

/// Nothing when the magic number is absent or `bytes` is too short: not thin metadata.
std::optional<Superblock> parse_superblock(std::string_view bytes);

}  // namespace flintctl::thinpool
