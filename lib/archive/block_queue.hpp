// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace flintctl::archive {

/// A fixed number of blocks that travel from one thread that fills them to one that empties them
/// and back: the only buffer between the two, whatever the size of the stream.
class BlockQueue {
 public:
  struct Block {
    std::unique_ptr<char[]> memory;
    std::size_t capacity = 0;
    std::size_t size = 0;
    bool last = false;  ///< of a layer
    [[nodiscard]] std::string_view bytes() const { return {memory.get(), size}; }
  };

  BlockQueue(std::size_t blocks, std::size_t block_size);

  /// An empty block to fill, or nullptr when the consumer has given up.
  Block* acquire();
  void publish(Block* block);
  /// What take() returns once the published blocks are taken.
  void fail(Error error);

  /// The next full block; give it back with release().
  Result<Block*> take();
  void release(Block* block);
  /// How long take() had to wait so far; for the thread that takes.
  [[nodiscard]] std::chrono::nanoseconds waited() const { return waited_; }
  /// The consumer gives up.
  void cancel();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Block> blocks_;
  std::deque<Block*> empty_;
  std::deque<Block*> full_;
  std::optional<Error> error_;
  bool cancelled_ = false;
  std::chrono::nanoseconds waited_{};
};

}  // namespace flintctl::archive
