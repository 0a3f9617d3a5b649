// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::loop {

/// An unlinked file of a few MiB on the filesystem of `file`: nothing is left of it when it is
/// closed. Room-internal, as all of this header.
Result<UniqueFd> open_scratch_file(const std::string& file);

/// Writes a pattern to the device with O_DIRECT, syncs, and compares what both the device and the
/// backing file give back. A filesystem may accept direct I/O for a loop device and then fail every
/// write (overlayfs on tmpfs does), so that only this tells.
bool direct_io_round_trip(const std::string& device, int backing_file);

}  // namespace flintctl::loop
