// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "lvm/names.hpp"

namespace flintctl::provision {

/// The production pool as asked for.
struct LvmSpec {
  lvm::LogicalName name{"flintlock", "thinpool"};  ///< dm name "flintlock-thinpool"
  std::string disk;  ///< where a new pool goes; empty: none is made, only proposed
  std::string wipe;  ///< the same disk again: what lies on it may be erased
  std::optional<std::uint64_t> data_bytes;
  std::optional<std::uint64_t> metadata_bytes;
  /// dmeventd extends the pool by `percent` of its size when `threshold` per cent are in use.
  int autoextend_threshold = 80;
  int autoextend_percent = 20;

  [[nodiscard]] std::string dm_name() const { return lvm::dm_name(name); }
};

/// invalid_argument when the pool cannot be made as asked on any host.
Result<> validate(const LvmSpec& spec);

/// The names in a configured pool's name where it is a logical volume's, else the default ones.
lvm::LogicalName logical_name_of(const std::string& pool);

/// What a new pool takes of its volume group. All sizes are whole extents.
struct LvmSizes {
  std::uint64_t data_bytes = 0;
  std::uint64_t metadata_bytes = 0;  ///< taken twice: a repair needs a spare
  std::uint64_t chunk_bytes = 0;
};
/// Sizes for a group with `free_bytes`. What is not asked for: metadata twice what the data needs
/// (thin_metadata_size(8)), data four fifths of the rest, so that one extension by a fifth fits.
/// resource_exhausted when it does not fit.
Result<LvmSizes> plan_sizes(const LvmSpec& spec, std::uint64_t free_bytes,
                            std::uint64_t extent_bytes);

/// The profile that makes LVM extend the pool, as lvm.conf(5) describes it.
std::string profile_text(const LvmSpec& spec);

/// An LVM UUID that marks a physical volume as flintctl's: a run that was killed knows it again by
/// the disk itself.
std::string new_physical_uuid();
bool is_own_physical_uuid(const std::string& uuid);

}  // namespace flintctl::provision
