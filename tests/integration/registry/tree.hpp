// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace flintctl::image {

/// All that a layer can say of each file below `root`, in text, by path: kind, mode, owner, size,
/// links, time, device, content's hash, target, extended attributes. Not the times of folders: the
/// snapshotter "native" copies its parents and does not keep them.
std::map<std::string, std::string> describe_tree(const std::string& root);

}  // namespace flintctl::image
