// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "archive/channel.hpp"
#include "archive/job.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// A child process that mounts a snapshot in a mount namespace of its own and applies layers to it
/// with containerd's semantics, while they are being downloaded. Success means: every digest and
/// diff ID was right, and the filesystem is unmounted. The data are on the device then, if the
/// mount is of one; what is bound or overlaid is the caller's to flush. After a failure, a kill or
/// a crash no mount is left either, but the snapshot holds rubbish: remove it.
///
/// The child dies with the thread that called start(): that thread must live until wait() returns.
class Extractor {
 public:
  /// Starts this program again as the extractor. Needs root.
  static Result<Extractor> start(const Job& job);

  /// The first `bytes` bytes of layer `index` are in its file now. Any thread may call it, also for
  /// layers whose turn has not come. A child that is gone is reported by wait().
  void layer_available(std::size_t index, std::uint64_t bytes) const;

  /// The layer will not come: the child gives up, and wait() returns an Error that says so. Report
  /// the download's own error, not that one.
  void layer_failed(std::size_t index) const;

  /// Ends the child at once: what it made is rubbish, and wait() returns an Error that says so.
  void stop() const { child_.kill(); }

  /// Waits for the end; `progress` is called on this thread. data_loss for a wrong digest or diff
  /// ID or a damaged stream, invalid_argument for a layer that no filesystem can hold or that lies,
  /// cancelled after an interrupt. Call it once.
  Result<Summary> wait(const std::function<void(const Progress&)>& progress = {});

 private:
  explicit Extractor(Child child) : child_(std::move(child)) {}
  Child child_;
};

}  // namespace flintctl::archive
