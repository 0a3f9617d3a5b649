// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "image/progress.hpp"

namespace flintctl::cmd {

using SteadyTime = std::chrono::steady_clock::time_point;

/// How fast a count of bytes grows, smoothed over some seconds.
class Rate {
 public:
  void update(std::uint64_t bytes, SteadyTime now);
  /// Bytes a second; nothing until there is something to tell it from.
  [[nodiscard]] std::optional<double> per_second() const { return per_second_; }
  /// "12 MiB/s", or nothing.
  [[nodiscard]] std::string text() const;

 private:
  std::uint64_t bytes_ = 0;
  std::optional<SteadyTime> at_;
  std::optional<double> per_second_;
};

/// Where one layer is, for people. Download and extraction overlap: what is behind is shown.
struct LayerState {
  std::string id;  ///< the first twelve digits of its digest
  std::uint64_t size = 0;
  image::LayerPhase phase = image::LayerPhase::waiting;
  std::uint64_t bytes = 0;  ///< of `size`, in this phase
  bool downloaded = false;
  std::uint64_t arrived = 0;   ///< downloaded, whatever the phase
  std::uint64_t unpacked = 0;  ///< of its compressed size
  Rate rate = {};              ///< of `bytes`

  /// "downloading  12.5 MiB of 48 MiB  3 MiB/s".
  [[nodiscard]] std::string text() const;
  /// That with the ID before it; without the rate, or digits of the ID, where columns are few.
  [[nodiscard]] std::string line(std::size_t width) const;
};

/// The states of a pull's layers, from its events.
class LayerStates {
 public:
  enum class Change { none, bytes, phase };

  void begin(const std::vector<oci::Descriptor>& layers);
  /// What of the layer's shown state an event changed.
  Change apply(std::size_t index, image::LayerPhase phase, std::uint64_t bytes,
               SteadyTime now = std::chrono::steady_clock::now());
  /// Time passed, and no event: what does not come has a rate, too.
  void pass(SteadyTime now);
  [[nodiscard]] const std::vector<LayerState>& all() const { return layers_; }
  /// "3 of 7 layers, 80 MiB of 121.5 MiB downloaded": for terminals that are too low for all of
  /// them. Shorter where `width` columns are too few.
  [[nodiscard]] std::string summary(std::size_t width) const;

  /// All layers together, present ones left out; compressed bytes.
  struct Totals {
    std::uint64_t size = 0;
    std::uint64_t arrived = 0;
    std::uint64_t unpacked = 0;
  };
  [[nodiscard]] Totals totals() const;

 private:
  std::vector<LayerState> layers_;
};

/// All layers of all images together.
class TotalProgress {
 public:
  /// "  total         80 MiB of 121 MiB  12 MiB/s  4s left", shorter where `width` columns are too
  /// few; empty when nothing has to come.
  std::string line(const LayerStates::Totals& sum, SteadyTime now, std::size_t width);

 private:
  Rate arriving_;
  Rate unpacking_;
};

/// "downloading"; the words of plain and JSON progress.
std::string_view phase_word(image::LayerPhase phase);

}  // namespace flintctl::cmd
