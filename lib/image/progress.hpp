// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "oci/manifest.hpp"

namespace flintctl::image {

/// How far one layer is. `downloading` and `unpacking` overlap: a layer is unpacked as it arrives.
enum class LayerPhase { waiting, exists, downloading, downloaded, unpacking, done };

/// What a pull spends its time with. Most of it goes on at once, so that the parts are more than
/// the whole: the largest is what the pull waits for.
enum class Work {
  download,    ///< from the first question for a layer to the last byte of the last one
  inflate,     ///< and reading what came
  hash,        ///< both digests of each layer
  write,       ///< making files
  flush,       ///< until they are on the disk, as far as that is waited for
  containerd,  ///< waiting for its answers
};

/// Hears how a pull goes. Calls come one at a time, though from several threads; they must be
/// quick.
class Progress {
 public:
  virtual ~Progress() = default;
  /// The reference was resolved to this digest.
  virtual void resolved(const std::string& name, const oci::Digest& digest) = 0;
  /// The image's layers, lowest first, before the first layer().
  virtual void layers(const std::vector<oci::Descriptor>& layers) = 0;
  /// A layer came further. `bytes`: of its compressed size, downloaded or unpacked so far.
  virtual void layer(std::size_t index, LayerPhase phase, std::uint64_t bytes) = 0;
  /// Something worth a line: "waiting for process 17, which pulls the same image".
  virtual void note(const std::string& text) = 0;
  /// So much more time went into a work.
  virtual void spent(Work /*work*/, std::chrono::nanoseconds /*time*/) {}
};

/// Tells a Progress how long something took, at its end.
class Timed {
 public:
  Timed(Progress& progress, Work work) : progress_(progress), work_(work) {}
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() { progress_.spent(work_, std::chrono::steady_clock::now() - begun_); }

 private:
  Progress& progress_;
  Work work_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// What the images that a command brings at once share to show where they are.
class ProgressDisplay {
 public:
  virtual ~ProgressDisplay() = default;

  /// For one of the images, by its place among those that the display was made for. Any thread may
  /// use it; this must outlive it.
  [[nodiscard]] virtual std::unique_ptr<Progress> of(std::size_t image) = 0;
};

/// Hears nothing.
class NoProgress : public Progress {
 public:
  void resolved(const std::string&, const oci::Digest&) override {}
  void layers(const std::vector<oci::Descriptor>&) override {}
  void layer(std::size_t, LayerPhase, std::uint64_t) override {}
  void note(const std::string&) override {}
};

}  // namespace flintctl::image
