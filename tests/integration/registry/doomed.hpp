// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"
#include "image/pull_image.hpp"
#include "sys/process.hpp"

namespace flintctl::image {

inline constexpr const char* doomed_word = "__doomed";

/// A pull in a process of its own that sends itself a signal when a layer reaches a phase, or at a
/// change that it asks of containerd: a kill at a point that does not depend on how fast anything
/// is.
struct Doom {
  std::string reference;
  std::string name_space;
  std::size_t layer = 0;
  LayerPhase phase = LayerPhase::downloading;
  int signal = 0;
  bool boot = false;  ///< only kernel and initrd are wanted
  /// Instead of a phase: the `nth` "before snapshot_commit", "after lease_delete".
  std::string change = {};
  std::size_t nth = 1;
  LayerBlobs blobs = LayerBlobs::dropped;
};
Result<sys::ExitStatus> run_to_doom(const Doom& doom);

/// The same without a doom: bytes that the pull and its extractor had resident at most, added up.
/// Of the extractor it may be too much, for it counts what its parent had when it was started.
Result<std::uint64_t> peak_of_pull(const std::string& reference, const std::string& name_space);

/// The child's side. Exits with 0 after success, 1 after a failure, 130 when it was interrupted.
int run_doomed(int argc, char** argv);

}  // namespace flintctl::image
