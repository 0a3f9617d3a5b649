// SPDX-License-Identifier: Apache-2.0
#include "image/space_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/units.hpp"
#include "sys/file.hpp"

namespace flintctl::image {
namespace {

constexpr std::uint64_t margin = 16 * mib;  // the file system's own blocks, and what others write
constexpr std::chrono::milliseconds between(200);

}  // namespace

Result<std::uint64_t> SpaceWatch::unwritten_bytes() {
  const std::string text = TRY(sys::read_file("/proc/meminfo", 64 * kib));
  std::uint64_t bytes = 0;
  for (const std::string_view field : {"\nDirty:", "\nWriteback:"}) {
    const auto found = text.find(field);
    if (found == std::string::npos) return Error(Code::internal, "/proc/meminfo is incomplete");
    bytes += std::strtoull(text.c_str() + found + field.size(), nullptr, 10) * kib;
  }
  return bytes;
}

Result<std::optional<std::uint64_t>> SpaceWatch::room() {
  if (!free_space_) return std::optional<std::uint64_t>();
  at_first_ = TRY(free_space_());
  TRY(check(0, When::now));
  return std::optional(at_first_ - margin);
}

Result<> SpaceWatch::check(std::uint64_t unpacked, When when) {
  if (!free_space_) return {};
  const auto now = std::chrono::steady_clock::now();
  if (when == When::sometimes && now - asked_ < between) return {};
  asked_ = now;
  const std::uint64_t free = TRY(free_space_());
  const std::uint64_t written = at_first_ - std::min(free, at_first_);
  std::uint64_t pending = unpacked - std::min(written, unpacked);
  if (free >= pending + margin) return {};
  pending = std::min(pending, TRY(unwritten_()));
  if (free >= pending + margin) return {};
  return Error(Code::resource_exhausted,
               fmt::format("only {} are free, and up to {} of what is unpacked are still to be "
                           "written",
                           format_size(free), format_size(pending)))
      .with_hint("remove images or VMs, or grow the pool: flintctl pool grow --data-size SIZE");
}

}  // namespace flintctl::image
