// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "sys/process.hpp"

namespace flintctl::archive {

/// What to mount as the root that layers go into: one mount as containerd's snapshotters return it
/// (ext4 on a thin device, bind, overlay).
struct Mount {
  std::string type;
  std::string source;
  std::vector<std::string> options;  ///< as in fstab(5): "ro", "rbind", "lowerdir=…"
};

/// What a layer may at most hold; above it, extraction ends with resource_exhausted.
struct Limits {
  std::uint64_t bytes = 64ULL << 30U;  ///< of the uncompressed stream
  std::uint64_t entries = 4U << 20U;
};

/// One layer. `file` holds the compressed bytes from offset 0 on and may still be growing: what is
/// told by layer_available() is read, never more.
struct Layer {
  int file = -1;             ///< open for reading until start() returns; borrowed
  std::uint64_t size = 0;    ///< compressed bytes, from the descriptor
  std::string digest;        ///< "sha256:<hex>" of the compressed bytes
  std::string diff_id;       ///< "sha256:<hex>" of the tar
  std::string media_type;    ///< says the compression, together with the first bytes
  Limits limits;
};

/// Layers to apply one over the other, in order, into one mount.
struct Job {
  Mount mount;
  std::vector<Layer> layers;
};

/// How far a layer is. Events come in the order of the layers, several times a second.
struct Progress {
  enum class Phase { extracting, done };  ///< done: digest and diff ID are verified
  std::size_t layer = 0;
  Phase phase = Phase::extracting;
  std::uint64_t compressed = 0;  ///< bytes read from the file
  std::uint64_t extracted = 0;   ///< bytes of the tar applied
};

/// What was done, after the mount is gone again.
struct Summary {
  std::uint64_t bytes = 0;    ///< uncompressed, all layers
  std::uint64_t entries = 0;  ///< tar members, all layers
};

/// A child process that mounts a snapshot in a mount namespace of its own and applies layers to it
/// with containerd's semantics, while they are being downloaded. Success means: every digest and
/// diff ID was right, and the filesystem is unmounted, so that its data are on the device. After a
/// failure, a kill or a crash no mount is left either, but the snapshot holds rubbish: remove it.
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

  /// Waits for the end; `progress` is called on this thread. data_loss for a wrong digest or diff ID
  /// or a damaged stream, invalid_argument for a layer that no filesystem can hold or that lies,
  /// cancelled after an interrupt. Call it once.
  Result<Summary> wait(const std::function<void(const Progress&)>& progress = {});

 private:
  /// Ends the child, if it still lives, and reaps it.
  struct End {
    void operator()(sys::Process* process) const;
  };
  Extractor(UniqueFd control, std::unique_ptr<sys::Process, End> child)
      : control_(std::move(control)), child_(std::move(child)) {}

  UniqueFd control_;
  std::unique_ptr<sys::Process, End> child_;
};

}  // namespace flintctl::archive
