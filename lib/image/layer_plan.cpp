// SPDX-License-Identifier: Apache-2.0
#include "image/layer_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"

namespace flintctl::image {
namespace {

constexpr std::uint64_t group_bytes = 32 * mib;

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
  for (std::size_t layer = facts.committed; layer < facts.sizes.size(); ++layer) {
    group.end = layer + 1;
    bytes += facts.sizes[layer];
    const bool shared =
        std::find(facts.shared.begin(), facts.shared.end(), group.end) != facts.shared.end();
    const bool full = boundaries == Boundaries::each ||
                      (boundaries == Boundaries::automatic && (shared || bytes >= group_bytes));
    if (!full && group.end != facts.sizes.size()) continue;
    groups.push_back(group);
    group.first = group.end;
    bytes = 0;
  }
  return groups;
}

}  // namespace flintctl::image
