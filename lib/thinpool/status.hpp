// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/result.hpp"

namespace flintctl::thinpool {

/// What a pool can still do.
enum class Mode {
  read_write,
  read_only,          ///< metadata full or damaged; also by choice
  out_of_data_space,  ///< deleting and discarding still work
  failed,             ///< "Fail": nothing works until it is repaired
  unreadable,         ///< "Error": the kernel could not read its own counters
};
/// "rw", "ro", "out_of_data_space", "Fail", "Error": the kernel's words.
std::string_view mode_word(Mode mode);

struct Usage {
  std::uint64_t used_blocks = 0;
  std::uint64_t total_blocks = 0;
  /// 0 to 100; 0 for an empty device.
  [[nodiscard]] double percent() const;
};

enum class Discard { passed_down, not_passed_down, ignored };

/// A thin pool's status line. All but `mode` is zero when the mode is failed or unreadable.
struct PoolStatus {
  Mode mode = Mode::failed;
  std::uint64_t transaction_id = 0;
  Usage metadata;                          ///< blocks of metadata_block_bytes
  Usage data;                              ///< blocks of the pool's block size
  std::optional<std::uint64_t> held_root;  ///< block of a reserved metadata snapshot
  Discard discard = Discard::passed_down;
  bool error_if_no_space = false;
  bool needs_check = false;  ///< thin_check must run before it is writable again
  std::optional<std::uint64_t> metadata_low_water_blocks;

  [[nodiscard]] bool has_counters() const {
    return mode != Mode::failed && mode != Mode::unreadable;
  }
};

/// The words after "thin-pool"; invalid_argument for what is none. Older kernels print fewer words.
Result<PoolStatus> parse_pool_status(std::string_view params);

/// A thin volume's status: sectors that are mapped in the pool. Nothing when the volume failed.
Result<std::optional<std::uint64_t>> parse_volume_status(std::string_view params);

}  // namespace flintctl::thinpool
