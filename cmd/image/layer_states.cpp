// SPDX-License-Identifier: Apache-2.0
#include "image/layer_states.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "core/units.hpp"

namespace flintctl::cmd {

using image::LayerPhase;

namespace {

/// The first that fits, or the last.
std::string first_that_fits(std::initializer_list<std::string> texts, std::size_t width) {
  const auto* found = std::find_if(texts.begin(), texts.end(),
                                   [&](const auto& text) { return text.size() <= width; });
  return found != texts.end() ? *found : *(texts.end() - 1);
}

/// `text` after a gap, if there is one.
std::string after(std::string_view gap, const std::string& text) {
  return text.empty() ? text : std::string(gap) + text;
}

}  // namespace

void Rate::update(std::uint64_t bytes, SteadyTime now) {
  constexpr std::chrono::milliseconds step(500);
  constexpr double weight = 0.3;  // of the newest step
  // Before the first byte nothing has a rate: who asked is only not answered yet.
  if (at_ && bytes >= bytes_ && bytes > 0) {
    if (now - *at_ < step) return;
    const std::chrono::duration<double> seconds = now - *at_;
    const double newest = static_cast<double>(bytes - bytes_) / seconds.count();
    per_second_ = per_second_ ? *per_second_ + weight * (newest - *per_second_) : newest;
  }
  bytes_ = bytes;
  at_ = now;
}

std::string Rate::text() const {
  if (!per_second_) return {};
  return format_size(static_cast<std::uint64_t>(*per_second_)) + "/s";
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
    return fmt::format("{:<12} {} of {}{}", phase_word(phase), format_size(bytes), total,
                       after("  ", rate.text()));
  }
  return fmt::format("{:<12} {}", phase_word(phase), total);
}

std::string LayerState::line(std::size_t width) const {
  // By the width alone, not by what would fit: columns stay where they are.
  constexpr std::size_t whole = 67;
  constexpr std::size_t without_rate = 53;
  constexpr std::size_t indented = 45;
  if (width >= whole) return fmt::format("  {}  {}", id, text());
  const bool moves = phase == LayerPhase::downloading || phase == LayerPhase::unpacking;
  const auto reached = (moves ? format_size(bytes) + " of " : "") + format_size(size);
  if (width >= without_rate) {
    return fmt::format("  {}  {:<12} {}", id, phase_word(phase), reached);
  }
  return fmt::format("{}{:.6} {:<11} {}", width >= indented ? "  " : "", id, phase_word(phase),
                     reached);
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

void LayerStates::pass(SteadyTime now) {
  for (LayerState& layer : layers_) {
    const bool moves =
        layer.phase == LayerPhase::downloading || layer.phase == LayerPhase::unpacking;
    if (moves) layer.rate.update(layer.bytes, now);
  }
}

std::string LayerStates::summary(std::size_t width) const {
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
  const std::string bytes = format_size(arrived) + " of " + format_size(total);
  return first_that_fits(
      {fmt::format("{} of {} layers, {} downloaded", finished, layers_.size(), bytes),
       fmt::format("{}/{} layers, {}", finished, layers_.size(), bytes)},
      width);
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

std::string TotalProgress::line(const LayerStates::Totals& sum, SteadyTime now, std::size_t width) {
  if (sum.size == 0) return {};
  arriving_.update(sum.arrived, now);
  unpacking_.update(sum.unpacked, now);
  const std::string bytes = format_size(sum.arrived) + " of " + format_size(sum.size);
  const std::string speed = sum.arrived < sum.size ? arriving_.text() : std::string();
  std::string left;
  // What is unpacked last is ready last. Of what hardly moves nobody knows when it ends.
  constexpr double day = 24.0 * 3600;
  const double unpacking = unpacking_.per_second().value_or(0);
  const double seconds =
      static_cast<double>(sum.size - std::min(sum.size, sum.unpacked)) / std::max(unpacking, 1e-9);
  if (seconds > 0 && seconds < day) {
    left = format_age(std::chrono::seconds(std::lround(std::ceil(seconds)))) + " left";
  }
  return first_that_fits(
      {fmt::format("  {:<12}  {}{}{}", "total", bytes, after("  ", speed), after("  ", left)),
       fmt::format("  total {}{}{}", bytes, after(" ", speed), after(" ", left)),
       fmt::format("  total {}{}", bytes, after(" ", left)), "  total " + bytes},
      width);
}

}  // namespace flintctl::cmd
