// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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
  int file = -1;           ///< open for reading until start() returns; borrowed
  std::uint64_t size = 0;  ///< compressed bytes, from the descriptor
  std::string digest;      ///< "sha256:<hex>" of the compressed bytes
  std::string diff_id;     ///< "sha256:<hex>" of the tar
  std::string media_type;  ///< says the compression, together with the first bytes
  Limits limits;
};

/// Layers to apply one over the other, in order, into one mount.
struct Job {
  Mount mount;
  std::vector<Layer> layers;
  /// Bytes that the mounted file system may come to take: what lies below it may have no more for
  /// it.
  std::optional<std::uint64_t> room = std::nullopt;
};

/// How far a layer is. Events come in the order of the layers, several times a second.
struct Progress {
  enum class Phase { extracting, done };  ///< done: digest and diff ID are verified
  std::size_t layer = 0;
  Phase phase = Phase::extracting;
  std::uint64_t compressed = 0;  ///< bytes read from the file
  std::uint64_t extracted = 0;   ///< bytes of the tar applied
  std::uint64_t taken = 0;       ///< bytes that the job has taken so far, when it has a Job::room
};

/// What a job's threads did how long; they work at the same time. Reading is part of `inflate`.
struct Spent {
  std::chrono::nanoseconds inflate{};
  std::chrono::nanoseconds hash{};   ///< both digests, on both threads
  std::chrono::nanoseconds write{};  ///< files made, without waiting for what goes into them
  std::chrono::nanoseconds flush{};  ///< of a device of its own
};

/// What was done, after the mount is gone again.
struct Summary {
  std::uint64_t bytes = 0;    ///< uncompressed, all layers
  std::uint64_t entries = 0;  ///< tar members, all layers
  Spent spent = {};
};

}  // namespace flintctl::archive
