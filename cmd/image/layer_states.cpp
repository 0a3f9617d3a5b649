// SPDX-License-Identifier: Apache-2.0
#include "image/layer_states.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"

namespace flintctl::cmd {

using image::LayerPhase;

void Rate::update(std::uint64_t bytes, SteadyTime now) {
  constexpr std::chrono::milliseconds step(500);
  constexpr double weight = 0.3;  // of the newest step
  if (at_ && bytes >= bytes_) {
    if (now - *at_ < step) return;
    const std::chrono::duration<double> seconds = now - *at_;
    const double newest = static_cast<double>(bytes - bytes_) / seconds.count();
    per_second_ = per_second_ ? *per_second_ + weight * (newest - *per_second_) : newest;
  }
  bytes_ = bytes;
  at_ = now;
}

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
    const auto speed = rate.per_second();
    return fmt::format("{:<12} {} of {}{}", phase_word(phase), format_size(bytes), total,
                       speed
                           ? fmt::format("  {}/s", format_size(static_cast<std::uint64_t>(*speed)))
                           : std::string());
  }
  return fmt::format("{:<12} {}", phase_word(phase), total);
}

void LayerStates::begin(const std::vector<oci::Descriptor>& layers) {
  layers_.clear();
  for (const auto& layer : layers) {
    layers_.push_back({layer.digest.hex().substr(0, 12), layer.size});
  }
}

LayerStates::Change LayerStates::apply(std::size_t index, LayerPhase phase, std::uint64_t bytes,
                                       SteadyTime now) {
  if (index >= layers_.size()) return Change::none;
  LayerState& layer = layers_[index];
  const std::uint64_t reached = std::min(bytes, layer.size);
  if (phase == LayerPhase::downloading) layer.arrived = std::max(layer.arrived, reached);
  if (phase == LayerPhase::unpacking) layer.unpacked = std::max(layer.unpacked, reached);
  if (phase == LayerPhase::downloaded || phase == LayerPhase::done) layer.arrived = layer.size;
  if (phase == LayerPhase::done) layer.unpacked = layer.size;
  if (layer.phase == LayerPhase::done || layer.phase == LayerPhase::exists) return Change::none;
  if (phase == LayerPhase::unpacking && !layer.downloaded) return Change::none;
  if (phase == LayerPhase::downloaded) {
    layer.downloaded = true;
    if (layer.phase == LayerPhase::unpacking) return Change::none;
  }
  const bool same = layer.phase == phase;
  layer.phase = phase;
  layer.bytes = reached;
  if (!same) layer.rate = {};
  layer.rate.update(reached, now);
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

LayerStates::Totals LayerStates::totals() const {
  Totals totals;
  for (const LayerState& layer : layers_) {
    if (layer.phase == LayerPhase::exists) continue;
    totals.size += layer.size;
    totals.arrived += layer.arrived;
    totals.unpacked += layer.unpacked;
  }
  return totals;
}

}  // namespace flintctl::cmd
