// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace flintctl::disk {

/// Who uses the device of a sysfs folder or one of its partitions, as verbs: "is mounted at /srv".
/// mountinfo, swaps and holders: proc(5), sysfs-block.
Result<std::vector<std::string>> users_of(const std::string& entry,
                                          const std::string& proc = "/proc");

/// True for a sysfs folder of a whole disk that stays, can be written to and has no partitions.
bool may_be_proposed(const std::string& entry);

}  // namespace flintctl::disk
