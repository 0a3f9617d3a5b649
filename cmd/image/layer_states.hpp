// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/progress.hpp"

namespace flintctl::cmd {

/// Where one layer is, for people. Download and extraction overlap: what is behind is shown.
struct LayerState {
  std::string id;  ///< the first twelve digits of its digest
  std::uint64_t size = 0;
  image::LayerPhase phase = image::LayerPhase::waiting;
  std::uint64_t bytes = 0;  ///< of `size`, in this phase
  bool downloaded = false;

  /// "downloading  12.5 MiB of 48 MiB".
  [[nodiscard]] std::string text() const;
};

/// The states of a pull's layers, from its events.
class LayerStates {
 public:
  enum class Change { none, bytes, phase };

  void begin(const std::vector<oci::Descriptor>& layers);
  /// What of the layer's shown state an event changed.
  Change apply(std::size_t index, image::LayerPhase phase, std::uint64_t bytes);
  [[nodiscard]] const std::vector<LayerState>& all() const { return layers_; }
  /// "3 of 7 layers, 80 MiB of 121.5 MiB": for terminals that are too low for all of them.
  [[nodiscard]] std::string summary() const;

 private:
  std::vector<LayerState> layers_;
};

/// "downloading"; the words of plain and JSON progress.
std::string_view phase_word(image::LayerPhase phase);

}  // namespace flintctl::cmd
