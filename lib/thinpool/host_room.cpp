// SPDX-License-Identifier: Apache-2.0
#include "thinpool/host_room.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "sys/file.hpp"

namespace flintctl::thinpool {
namespace {

/// Nothing more can be written.
constexpr std::uint64_t no_room = mib;

}  // namespace

std::optional<std::uint64_t> host_room(const Backing& backing) {
  struct stat status {};
  if (!backing.loop || ::stat(backing.loop->backing_file.c_str(), &status) != 0) return {};
  const auto allocated = static_cast<std::uint64_t>(status.st_blocks) * sector_bytes;
  if (allocated >= static_cast<std::uint64_t>(status.st_size)) return {};
  const auto space = sys::filesystem_space(backing.loop->backing_file);
  return space ? std::optional(space->available) : std::nullopt;
}

std::optional<Trouble> no_host_room(const Pool& pool) {
  for (const Backing* backing : {&pool.data, &pool.metadata}) {
    const auto room = host_room(*backing);
    if (!room || *room >= least_host_room) continue;
    const std::string& file = backing->loop->backing_file;
    return Trouble{fmt::format("the filesystem of {} has {} left: when it is full, guests' writes "
                               "fail though the pool has free blocks",
                               file, format_size(*room)),
                   fmt::format("make room on the filesystem of {}", file), *room >= no_room};
  }
  return {};
}

}  // namespace flintctl::thinpool
