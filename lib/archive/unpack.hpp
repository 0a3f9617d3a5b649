// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "archive/feed.hpp"
#include "archive/job.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::archive {

/// Applies layers, in order, to the tree below `root`, on two threads: one reads and decompresses,
/// one extracts; memory does not grow with the layers. Layers are read as far as `feed` says, and
/// `progress` is called on the extracting thread: its error ends the work. Verifies digests and
/// diff IDs.
Result<Summary> unpack(UniqueFd root, const std::vector<Layer>& layers, Feed& feed,
                       const std::function<Result<>(const Progress&)>& progress);

}  // namespace flintctl::archive
