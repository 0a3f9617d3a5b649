// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/result.hpp"
#include "disk/disk.hpp"

namespace flintctl::disk {

/// All signatures on an open device, in the order in which libblkid finds them.
Result<std::vector<Signature>> find_signatures(int descriptor);

/// Erases them; the descriptor is open for writing.
Result<> erase_signatures(int descriptor);

}  // namespace flintctl::disk
