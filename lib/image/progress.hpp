// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "oci/manifest.hpp"

namespace flintctl::image {

/// How far one layer is. `downloading` and `unpacking` overlap: a layer is unpacked as it arrives.
enum class LayerPhase { waiting, exists, downloading, downloaded, unpacking, done };

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
