// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "core/units.hpp"
#include "thinpool/pool.hpp"

namespace flintctl::thinpool {

/// With less than this the host's filesystem is about to fail guests' writes.
inline constexpr std::uint64_t least_host_room = 100 * mib;

/// Bytes that the filesystem under a part of a pool can still give to its sparse file; nothing when
/// all of the file has its blocks already, or there is no file: then only the pool's own counters
/// matter.
std::optional<std::uint64_t> host_room(const Backing& backing);

/// A pool whose files can no longer grow though it has free blocks: writes to it fail at once, with
/// EIO. Nothing when there is room.
std::optional<Trouble> no_host_room(const Pool& pool);

}  // namespace flintctl::thinpool
