// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace flintctl::archive {

inline constexpr const char* stalled_word = "__stalled";

/// Extracts to the ext4 device at `device` from a layer of which only the first half ever comes,
/// catching interrupts. Prints a line when extraction is under way. Returns 42 after an interrupt.
int run_stalled(const std::string& device);

}  // namespace flintctl::archive
