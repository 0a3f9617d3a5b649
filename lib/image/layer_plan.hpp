// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace flintctl::image {

/// Where snapshots end while an image is unpacked. `each`: one for each layer, as containerd's own
/// clients do. `merged`: one for all that is missing. `automatic`: a few (LayerPlan says which).
enum class Boundaries { automatic, each, merged };

/// "auto", "each" or "merged".
Result<Boundaries> parse_boundaries(std::string_view text);

/// What LayerPlan needs to know of an image: no digests, only counts and bytes.
struct LayerFacts {
  std::vector<std::uint64_t> sizes;  ///< compressed bytes, lowest layer first
  std::size_t committed = 0;         ///< so many lowest layers are in a committed snapshot
  std::vector<std::size_t> shared;   ///< counts of lowest layers that other images have too
};

/// Consecutive layers that become one snapshot: [first, end).
struct LayerGroup {
  std::size_t first = 0;
  std::size_t end = 0;
  bool operator==(const LayerGroup&) const = default;
};

/// The groups that are still to be made, lowest first; empty when all is committed. Each snapshot
/// costs a second or so (mkfs, a dozen synchronous writes), each boundary can be shared later and
/// is where a killed pull resumes: `automatic` ends a group after a shared prefix and once it holds
/// 32 MiB of compressed bytes.
std::vector<LayerGroup> plan_layers(const LayerFacts& facts, Boundaries boundaries);

}  // namespace flintctl::image
