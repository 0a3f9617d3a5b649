// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flintctl::archive {

/// What `flintctl __extract layers` does: reads a job from its channel, mounts, gives away all it
/// does not need, applies the layers, reports, and ends, and its mount with it. Returns the exit
/// status. Only for a process of its own.
int run_extract_child();

}  // namespace flintctl::archive
