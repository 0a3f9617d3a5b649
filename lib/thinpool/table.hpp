// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"
#include "devmapper/driver.hpp"

namespace flintctl::thinpool {

inline constexpr std::uint64_t sector_bytes = 512;
inline constexpr std::uint64_t metadata_block_bytes = 4096;

/// Words after the low water mark; all are off in a pool of ours.
/// Documentation/admin-guide/device-mapper/thin-provisioning.rst.
struct Features {
  bool skip_block_zeroing = false;  ///< new blocks keep what another volume left in them
  bool ignore_discard = false;
  bool no_discard_passdown = false;  ///< freed blocks are not given back to the data device
  bool read_only = false;
  bool error_if_no_space = false;  ///< a full pool fails writes instead of holding them
  bool operator==(const Features&) const = default;
};

/// The table of a thin pool.
struct PoolTable {
  std::uint64_t length_sectors = 0;
  std::string metadata_device;  ///< "7:1" or a path
  std::string data_device;
  std::uint64_t block_sectors = 128;  ///< 64 KiB; fixed for the life of the metadata
  std::uint64_t low_water_blocks = 32768;
  Features features;
  bool operator==(const PoolTable&) const = default;

  [[nodiscard]] std::uint64_t block_bytes() const { return block_sectors * sector_bytes; }
  [[nodiscard]] devmapper::Target target() const;
};

/// A pool's line as the kernel gives it; invalid_argument for a line that is none.
Result<PoolTable> parse_pool_table(const devmapper::Target& target);

/// The table of one thin volume: "POOL ID [EXTERNAL-ORIGIN]".
struct VolumeTable {
  std::uint64_t length_sectors = 0;
  std::string pool_device;
  std::uint32_t id = 0;  ///< 24 bits
};
Result<VolumeTable> parse_volume_table(const devmapper::Target& target);

/// The names of the features that are on, as a table spells them.
std::vector<std::string> feature_words(const Features& features);

}  // namespace flintctl::thinpool
