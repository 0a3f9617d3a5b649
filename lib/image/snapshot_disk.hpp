// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::image {

/// Whether a snapshotter's snapshots are folders of a file system of the host's (overlayfs,
/// native), not devices of their own. The extractor flushes a device each time; such a file system
/// is flushed once, after the last snapshot and before anything refers to them: until then, what is
/// committed is good for this boot only.
bool shares_disk(const std::string& snapshotter);

/// The file system that such snapshots are on.
class SnapshotDisk {
 public:
  /// To be opened before anything is written: flush() then also reports what the kernel failed to
  /// write by itself. syncfs(2).
  static Result<SnapshotDisk> open(containerd::Client& client, const std::string& snapshotter);

  /// Returns when all that was written is on the disk.
  Result<> flush() const;

 private:
  explicit SnapshotDisk(UniqueFd folder) : folder_(std::move(folder)) {}
  UniqueFd folder_;  ///< empty: containerd does not say where it is
};

}  // namespace flintctl::image
