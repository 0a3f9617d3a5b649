// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace flintctl::archive {

/// Everything in a tree that a layer can set: for each path its type, mode, owner, device, times of
/// modification, attributes, link target or a digest of its content, and the names it shares an
/// inode with. Two trees are equal when their listings are.
std::map<std::string, std::string> list_tree(const std::string& root);

}  // namespace flintctl::archive
