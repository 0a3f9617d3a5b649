// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "archive/block_queue.hpp"
#include "archive/decoder.hpp"
#include "archive/feed.hpp"
#include "archive/job.hpp"
#include "archive/sampled_time.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// The first half of unpacking, on a thread of its own: reads the layers' files as far as they have
/// been downloaded, verifies their digests, and fills the queue with what they decompress to.
class LayerReader {
 public:
  LayerReader(const std::vector<Layer>& layers, const Feed& feed, BlockQueue& queue);

  /// Reads all layers in order. The last block of a layer is published only after its size and
  /// digest were found right. An error goes to the queue as well.
  Result<> run();

  /// What run() did how long; after it.
  [[nodiscard]] std::chrono::nanoseconds inflating() const { return inflating_.total(); }
  [[nodiscard]] std::chrono::nanoseconds hashing() const { return hashing_.total(); }

 private:
  struct Input;  ///< the file being read

  Result<> read_layer(std::size_t index);
  Result<> refill(Input& input);
  Result<bool> decode(Input& input, Decoder& decoder);
  Result<> wait_for(Input& input);
  bool ready();
  void flush();

  const std::vector<Layer>& layers_;
  const Feed& feed_;
  BlockQueue& queue_;
  std::unique_ptr<char[]> buffer_;
  BlockQueue::Block* block_ = nullptr;  ///< being filled
  SampledTime inflating_;
  SampledTime hashing_;
};

}  // namespace flintctl::archive
