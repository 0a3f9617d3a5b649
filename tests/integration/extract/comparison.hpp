// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace flintctl::archive {

/// Applies plain layers by containerd's Diff.Apply, by one extractor, and by an extractor for each
/// layer, and checks that all three give the same tree, or that all three refuse. Returns how many
/// files the tree has; 0 when the layers were refused.
std::size_t same_tree(const std::vector<std::string>& tars);

}  // namespace flintctl::archive
