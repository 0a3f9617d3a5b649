// SPDX-License-Identifier: Apache-2.0
#include "archive/feed.hpp"

#include <algorithm>

namespace flintctl::archive {

void Feed::set_available(std::size_t index, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (index >= layers_.size()) return;
  layers_[index].available = std::max(layers_[index].available, bytes);
  changed_.notify_all();
}

void Feed::fail(std::size_t index) {
  const std::lock_guard lock(mutex_);
  if (index >= layers_.size()) return;
  layers_[index].failed = true;
  changed_.notify_all();
}

void Feed::cancel() {
  const std::lock_guard lock(mutex_);
  for (auto& layer : layers_) layer.failed = true;
  changed_.notify_all();
}

std::uint64_t Feed::available(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return layers_[index].available;
}

Result<std::uint64_t> Feed::wait(std::size_t index, std::uint64_t bytes) const {
  std::unique_lock lock(mutex_);
  const State& layer = layers_[index];
  changed_.wait(lock, [&] { return layer.failed || layer.available >= bytes; });
  if (layer.available >= bytes) return layer.available;
  return Error(Code::cancelled, "the layer was not downloaded");
}

}  // namespace flintctl::archive
