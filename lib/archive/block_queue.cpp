// SPDX-License-Identifier: Apache-2.0
#include "archive/block_queue.hpp"

#include <utility>

namespace flintctl::archive {

BlockQueue::BlockQueue(std::size_t blocks, std::size_t block_size) : blocks_(blocks) {
  for (auto& block : blocks_) {
    block.memory = std::make_unique_for_overwrite<char[]>(block_size);
    block.capacity = block_size;
    empty_.push_back(&block);
  }
}

BlockQueue::Block* BlockQueue::acquire() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return cancelled_ || !empty_.empty(); });
  if (cancelled_) return nullptr;
  Block* const block = empty_.front();
  empty_.pop_front();
  block->size = 0;
  block->last = false;
  return block;
}

void BlockQueue::publish(Block* block) {
  const std::lock_guard lock(mutex_);
  full_.push_back(block);
  changed_.notify_all();
}

void BlockQueue::fail(Error error) {
  const std::lock_guard lock(mutex_);
  error_ = std::move(error);
  changed_.notify_all();
}

Result<BlockQueue::Block*> BlockQueue::take() {
  std::unique_lock lock(mutex_);
  if (!error_ && full_.empty()) {
    const auto begun = std::chrono::steady_clock::now();
    changed_.wait(lock, [&] { return error_ || !full_.empty(); });
    waited_ += std::chrono::steady_clock::now() - begun;
  }
  if (full_.empty()) return *error_;
  Block* const block = full_.front();
  full_.pop_front();
  return block;
}

void BlockQueue::release(Block* block) {
  const std::lock_guard lock(mutex_);
  // The block used last is still in the cache: fill it next.
  empty_.push_front(block);
  changed_.notify_all();
}

void BlockQueue::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

}  // namespace flintctl::archive
