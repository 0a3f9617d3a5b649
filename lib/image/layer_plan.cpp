// SPDX-License-Identifier: Apache-2.0
#include "image/layer_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"

namespace flintctl::image {
namespace {

constexpr std::uint64_t large_layer = 8 * mib;

/// Whether a group with so many bytes, its largest layer with so many of them, is enough.
bool is_full(std::uint64_t bytes, std::uint64_t largest) {
  return bytes >= (largest >= large_layer ? 32 : 64) * mib;
}

}  // namespace

Result<Boundaries> parse_boundaries(std::string_view text) {
  if (text == "auto") return Boundaries::automatic;
  if (text == "each") return Boundaries::each;
  if (text == "merged") return Boundaries::merged;
  return Error(Code::invalid_argument, fmt::format("'{}' is none of auto, each, merged", text));
}

std::vector<LayerGroup> plan_layers(const LayerFacts& facts, Boundaries boundaries) {
  std::vector<LayerGroup> groups;
  LayerGroup group{facts.committed, facts.committed};
  std::uint64_t bytes = 0;
  std::uint64_t largest = 0;
  for (std::size_t layer = facts.committed; layer < facts.sizes.size(); ++layer) {
    group.end = layer + 1;
    bytes += facts.sizes[layer];
    largest = std::max(largest, facts.sizes[layer]);
    const bool shared =
        std::find(facts.shared.begin(), facts.shared.end(), group.end) != facts.shared.end();
    const bool full = boundaries == Boundaries::each ||
                      (boundaries == Boundaries::automatic && (shared || is_full(bytes, largest)));
    if (!full && group.end != facts.sizes.size()) continue;
    groups.push_back(group);
    group.first = group.end;
    bytes = largest = 0;
  }
  return groups;
}

}  // namespace flintctl::image
