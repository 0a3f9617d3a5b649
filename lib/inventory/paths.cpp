// SPDX-License-Identifier: Apache-2.0
#include "inventory/paths.hpp"

#include <fmt/format.h>

namespace flintctl::inventory {

std::string lease_id(const std::string& uid) { return lease_prefix + uid; }

std::string snapshot_key(const std::string& name_space, const std::string& name,
                         const std::string& uid, const std::string& volume) {
  return fmt::format("{}{}/{}/{}/{}", snapshot_prefix, name_space, name, uid, volume);
}

}  // namespace flintctl::inventory
