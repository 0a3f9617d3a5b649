// SPDX-License-Identifier: Apache-2.0
#include "thinpool/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <utility>

#include "thinpool/words.hpp"

namespace flintctl::thinpool {
namespace {

using Feature = std::pair<std::string_view, bool Features::*>;

/// The order in which the kernel prints them.
constexpr std::array<Feature, 5> known_features = {{
    {"skip_block_zeroing", &Features::skip_block_zeroing},
    {"ignore_discard", &Features::ignore_discard},
    {"no_discard_passdown", &Features::no_discard_passdown},
    {"read_only", &Features::read_only},
    {"error_if_no_space", &Features::error_if_no_space},
}};

Error unreadable(const devmapper::Target& target, std::string_view kind) {
  return Error(Code::invalid_argument,
               fmt::format("'{}' is not the table of a {}", target.text(), kind));
}

bool set_feature(Features& features, std::string_view word) {
  for (const auto& [name, member] : known_features) {
    if (name == word) return features.*member = true;
  }
  return false;
}

}  // namespace

std::vector<std::string> feature_words(const Features& features) {
  std::vector<std::string> words;
  for (const auto& [name, member] : known_features) {
    if (features.*member) words.emplace_back(name);
  }
  return words;
}

devmapper::Target PoolTable::target() const {
  std::string params =
      fmt::format("{} {} {} {}", metadata_device, data_device, block_sectors, low_water_blocks);
  if (const auto words = feature_words(features); !words.empty()) {
    params += fmt::format(" {} {}", words.size(), fmt::join(words, " "));
  }
  return {0, length_sectors, "thin-pool", std::move(params)};
}

Result<PoolTable> parse_pool_table(const devmapper::Target& target) {
  const auto words = split_words(target.params);
  if (target.type != "thin-pool" || words.size() < 4) return unreadable(target, "thin pool");
  const auto block = to_number<std::uint64_t>(words[2]);
  const auto low_water = to_number<std::uint64_t>(words[3]);
  if (!block || *block == 0 || !low_water) return unreadable(target, "thin pool");
  PoolTable table;
  table.length_sectors = target.length_sectors;
  table.metadata_device = words[0];
  table.data_device = words[1];
  table.block_sectors = *block;
  table.low_water_blocks = *low_water;
  if (words.size() == 4) return table;
  const auto count = to_number<std::size_t>(words[4]);
  if (!count || *count != words.size() - 5) return unreadable(target, "thin pool");
  for (std::size_t i = 5; i < words.size(); ++i) {
    if (!set_feature(table.features, words[i])) return unreadable(target, "thin pool");
  }
  return table;
}

Result<VolumeTable> parse_volume_table(const devmapper::Target& target) {
  const auto words = split_words(target.params);
  if (target.type != "thin" || words.size() < 2 || words.size() > 3) {
    return unreadable(target, "thin volume");
  }
  const auto id = to_number<std::uint32_t>(words[1]);
  if (!id) return unreadable(target, "thin volume");
  return VolumeTable{target.length_sectors, std::string(words[0]), *id};
}

}  // namespace flintctl::thinpool
