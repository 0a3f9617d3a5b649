// SPDX-License-Identifier: Apache-2.0
#include "provision/lvm_spec.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "sys/host.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::provision {
namespace {

/// Blocks of 64 KiB: small ones cost a snapshot least when it is first written to.
constexpr std::uint64_t smallest_chunk = 64 * kib;
constexpr std::uint64_t largest_chunk = 1 * gib;
constexpr std::uint64_t bytes_per_mapping = 48;  // thin_metadata_size(8)
/// LVM's own limit is a little below 16 GiB, the most that the kernel uses.
constexpr std::uint64_t longest_metadata = 15 * gib + 768 * mib;
constexpr std::uint64_t usual_metadata = 64 * mib;
constexpr std::uint64_t shortest_metadata = 4 * mib;
constexpr std::uint64_t shortest_data = 16 * mib;

constexpr auto own_uuid_start = "flntct-";

std::uint64_t round_up(std::uint64_t bytes, std::uint64_t unit) {
  return (bytes + unit - 1) / unit * unit;
}
std::uint64_t round_down(std::uint64_t bytes, std::uint64_t unit) { return bytes / unit * unit; }

std::uint64_t metadata_for(std::uint64_t data_bytes, std::uint64_t chunk_bytes) {
  return 2 * bytes_per_mapping * (data_bytes / chunk_bytes);
}

}  // namespace

Result<> validate(const LvmSpec& spec) {
  TRY(lvm::check_name(spec.name));
  if (!spec.wipe.empty() && spec.wipe != spec.disk) {
    return Error(Code::invalid_argument,
                 fmt::format("--wipe names {}, which is not the disk that --disk names", spec.wipe))
        .with_hint("give the same name to both");
  }
  TRY(thinpool::check_sizes(spec.data_bytes, spec.metadata_bytes,
                            {shortest_data, shortest_metadata, longest_metadata}));
  // Below 50 LVM does nothing, and 100 would turn the extension off.
  if (spec.autoextend_threshold < 50 || spec.autoextend_threshold > 99) {
    return Error(Code::invalid_argument,
                 fmt::format("an autoextend threshold of {} is out of range",
                             spec.autoextend_threshold))
        .with_hint("give per cent of the pool: 50 to 99");
  }
  if (spec.autoextend_percent < 1 || spec.autoextend_percent > 100) {
    return Error(Code::invalid_argument, fmt::format("an extension by {} per cent is out of range",
                                                     spec.autoextend_percent))
        .with_hint("give per cent of the pool's size: 1 to 100");
  }
  return {};
}

lvm::LogicalName logical_name_of(const std::string& pool) {
  return lvm::parse_dm_name(pool).value_or(LvmSpec().name);
}

Result<LvmSizes> plan_sizes(const LvmSpec& spec, std::uint64_t free_bytes,
                            std::uint64_t extent_bytes) {
  LvmSizes sizes;
  sizes.chunk_bytes = smallest_chunk;
  const std::uint64_t largest_data = spec.data_bytes.value_or(free_bytes);
  while (sizes.chunk_bytes < largest_chunk &&
         metadata_for(largest_data, sizes.chunk_bytes) > longest_metadata) {
    sizes.chunk_bytes *= 2;
  }
  // On a small disk the usual least would take the place of the data.
  const std::uint64_t least =
      std::max(shortest_metadata, std::min(usual_metadata, free_bytes / 16));
  sizes.metadata_bytes =
      round_up(spec.metadata_bytes.value_or(std::clamp(
                   metadata_for(largest_data, sizes.chunk_bytes), least, longest_metadata)),
               extent_bytes);
  const std::uint64_t taken = 2 * sizes.metadata_bytes;
  const std::uint64_t rest = free_bytes > taken ? free_bytes - taken : 0;
  sizes.data_bytes = spec.data_bytes ? round_up(*spec.data_bytes, extent_bytes)
                                     : round_down(rest / 5 * 4, extent_bytes);
  if (sizes.data_bytes <= rest && sizes.data_bytes >= shortest_data) return sizes;
  return Error(Code::resource_exhausted,
               fmt::format("{} of data and twice {} of metadata do not fit into {}",
                           format_size(std::max(sizes.data_bytes, shortest_data)),
                           format_size(sizes.metadata_bytes), format_size(free_bytes)))
      .with_hint("give smaller sizes (--data-size, --metadata-size), or a larger disk");
}

std::string profile_text(const LvmSpec& spec) {
  return fmt::format(
      "# Made by 'flintctl provision lvm'. lvm.conf(5).\n"
      "activation {{\n"
      "\tthin_pool_autoextend_threshold={}\n"
      "\tthin_pool_autoextend_percent={}\n"
      "}}\n",
      spec.autoextend_threshold, spec.autoextend_percent);
}

std::string new_physical_uuid() {
  std::string digits = sys::random_hex(13);  // 26 of them
  std::string uuid = own_uuid_start;
  for (const std::size_t length : {4U, 4U, 4U, 4U, 4U, 6U}) {
    uuid += digits.substr(0, length) + "-";
    digits.erase(0, length);
  }
  uuid.pop_back();
  return uuid;
}

bool is_own_physical_uuid(const std::string& uuid) { return uuid.starts_with(own_uuid_start); }

}  // namespace flintctl::provision
