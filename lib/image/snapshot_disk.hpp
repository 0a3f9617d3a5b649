// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "containerd/client.hpp"
#include "core/result.hpp"

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
  SnapshotDisk(SnapshotDisk&&) noexcept;
  SnapshotDisk& operator=(SnapshotDisk&&) noexcept;
  /// Waits for a flush that is under way.
  ~SnapshotDisk();

  /// So many bytes more were written. From time to time that starts a flush, on a thread of its
  /// own, while more is unpacked, so that less is left for the last one.
  void wrote(std::uint64_t bytes);

  /// Returns when all that was written is on the disk.
  Result<> flush();

 private:
  struct Impl;
  explicit SnapshotDisk(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace flintctl::image
