// SPDX-License-Identifier: Apache-2.0
#include "image/layer_states.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"

namespace flintctl::cmd {

using image::LayerPhase;

std::string_view phase_word(LayerPhase phase) {
  switch (phase) {
    case LayerPhase::waiting:
      return "waiting";
    case LayerPhase::exists:
      return "exists";
    case LayerPhase::downloading:
      return "downloading";
    case LayerPhase::downloaded:
      return "downloaded";
    case LayerPhase::unpacking:
      return "unpacking";
    case LayerPhase::done:
      return "done";
  }
  return "unknown";
}

std::string LayerState::text() const {
  const std::string total = format_size(size);
  if (phase == LayerPhase::downloading || phase == LayerPhase::unpacking) {
    return fmt::format("{:<12} {} of {}", phase_word(phase), format_size(bytes), total);
  }
  return fmt::format("{:<12} {}", phase_word(phase), total);
}

void LayerStates::begin(const std::vector<oci::Descriptor>& layers) {
  layers_.clear();
  for (const auto& layer : layers) {
    layers_.push_back(
        {layer.digest.hex().substr(0, 12), layer.size, LayerPhase::waiting, 0, false});
  }
}

LayerStates::Change LayerStates::apply(std::size_t index, LayerPhase phase, std::uint64_t bytes) {
  if (index >= layers_.size()) return Change::none;
  LayerState& layer = layers_[index];
  if (layer.phase == LayerPhase::done) return Change::none;
  if (phase == LayerPhase::unpacking && !layer.downloaded) return Change::none;
  if (phase == LayerPhase::downloaded) {
    layer.downloaded = true;
    if (layer.phase == LayerPhase::unpacking) return Change::none;
  }
  const bool same = layer.phase == phase;
  layer.phase = phase;
  layer.bytes = std::min(bytes, layer.size);
  return same ? Change::bytes : Change::phase;
}

std::string LayerStates::summary() const {
  std::size_t finished = 0;
  std::uint64_t arrived = 0;
  std::uint64_t total = 0;
  for (const LayerState& layer : layers_) {
    const bool complete = layer.phase == LayerPhase::done || layer.phase == LayerPhase::exists;
    finished += complete ? 1 : 0;
    total += layer.size;
    if (complete || layer.downloaded) {
      arrived += layer.size;
    } else if (layer.phase == LayerPhase::downloading) {
      arrived += layer.bytes;
    }
  }
  return fmt::format("{} of {} layers, {} of {} downloaded", finished, layers_.size(),
                     format_size(arrived), format_size(total));
}

}  // namespace flintctl::cmd
