// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace flintctl::vmm {

/// Frequency of this host's time-stamp counter in kHz, measured against CLOCK_MONOTONIC for two
/// milliseconds (good to some ten parts per million); 0 where there is no such counter.
std::uint64_t measure_tsc_khz();

}  // namespace flintctl::vmm
