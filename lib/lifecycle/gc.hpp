// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "lifecycle/context.hpp"

namespace flintctl::lifecycle {

struct GcOptions {
  enum class Mode { remove, dry_run } mode = Mode::remove;
};

/// One thing that nobody owns.
struct Leftover {
  std::string kind;  ///< "vm", "pull", "snapshot", "ingest", "lease", "tap", "kernel",
                     ///< "partial", "device"
  std::string name;
  std::string why;
  enum class Fate {
    removed,
    found,   ///< a dry run, or a kind that is only reported
    failed,  ///< `why` says what prevented it
  } fate = Fate::found;
};

/// Finds what killed commands left, by comparing containerd's leases, snapshots and ingests with
/// taps, cgroups, folders, devices and caches of the host, and removes it. Never touches what a VM
/// with a finished create owns, what somebody holds the lock of, nor what another containerd or
/// namespace claims. Devices of the pool go only by containerd's own collection; what it keeps is
/// reported.
Result<std::vector<Leftover>> collect_garbage(const Context& context, const GcOptions& options);

}  // namespace flintctl::lifecycle
