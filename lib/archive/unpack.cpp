// SPDX-License-Identifier: Apache-2.0
#include "archive/unpack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "archive/applier.hpp"
#include "archive/block_queue.hpp"
#include "archive/guarded.hpp"
#include "archive/layer_reader.hpp"
#include "archive/sampled_time.hpp"
#include "archive/sandbox.hpp"
#include "archive/tar_reader.hpp"
#include "archive/tree.hpp"
#include "sys/sha256.hpp"

namespace flintctl::archive {
namespace {

// 8 MiB between the threads: enough to let one go on while the other waits for a disk.
constexpr std::size_t queue_blocks = 32;
constexpr std::size_t block_size = 256 * 1024;

/// One layer's tar as the queue brings it, hashed on the way.
class QueuedTar final : public ByteSource {
 public:
  QueuedTar(BlockQueue& queue, SampledTime& hashing,
            std::function<Result<>(std::uint64_t)> progress)
      : queue_(queue), hashing_(hashing), progress_(std::move(progress)) {}

  Result<std::string_view> next() override {
    for (;;) {
      if (block_ != nullptr) {
        const bool last = block_->last;
        queue_.release(std::exchange(block_, nullptr));
        ended_ = last;
        TRY(progress_(bytes_));
      }
      if (ended_) return std::string_view();
      block_ = TRY(queue_.take());
      if (block_->size == 0) continue;
      hashing_.measure([&] { hash_.update(block_->bytes()); });
      bytes_ += block_->size;
      return block_->bytes();
    }
  }

  /// Reads what follows the archive's end: it is part of what the diff ID is of.
  Result<> drain() {
    for (;;) {
      const auto rest = TRY(next());
      if (rest.empty()) return {};
    }
  }

  std::string digest() { return "sha256:" + hash_.finish(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  BlockQueue& queue_;
  SampledTime& hashing_;
  std::function<Result<>(std::uint64_t)> progress_;
  BlockQueue::Block* block_ = nullptr;
  std::uint64_t bytes_ = 0;
  bool ended_ = false;
  sys::Sha256 hash_;
};

/// The second half of unpacking.
class LayerWriter {
 public:
  LayerWriter(UniqueFd root, const std::vector<Layer>& layers, BlockQueue& queue, const Feed& feed,
              const std::function<Result<>(const Progress&)>& progress)
      : root_(std::move(root)), layers_(layers), queue_(queue), feed_(feed), progress_(progress) {}

  Result<Summary> run() {
    TRY(separate_thread());
    const auto begun = std::chrono::steady_clock::now();
    Tree tree = TRY(Tree::open(std::move(root_)));
    Applier applier(tree);
    Summary summary;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      TRY(write_layer(i, applier, summary).context(fmt::format("layer {}", layers_[i].digest)));
    }
    summary.entries = applier.entries();
    summary.spent.hash = hashing_.total();
    summary.spent.write =
        std::max(std::chrono::nanoseconds(),
                 std::chrono::steady_clock::now() - begun - queue_.waited() - hashing_.total());
    return summary;
  }

 private:
  Result<> write_layer(std::size_t index, Applier& applier, Summary& summary) {
    const Layer& layer = layers_[index];
    QueuedTar tar(queue_, hashing_, [&](std::uint64_t bytes) {
      return report({index, Progress::Phase::extracting, feed_.available(index), bytes});
    });
    TarReader reader(tar);
    TRY(applier.apply(reader, layer.limits.entries));
    TRY(tar.drain());
    if (const auto digest = tar.digest(); digest != layer.diff_id) {
      return Error(Code::data_loss, fmt::format("its tar has the digest {}, but the image's "
                                                "configuration says {}",
                                                digest, layer.diff_id))
          .with_hint("the image is inconsistent: build it again");
    }
    summary.bytes += tar.bytes();
    return report({index, Progress::Phase::done, layer.size, tar.bytes()});
  }

  [[nodiscard]] Result<> report(const Progress& progress) const {
    return progress_ ? progress_(progress) : Result<>();
  }

  UniqueFd root_;
  const std::vector<Layer>& layers_;
  BlockQueue& queue_;
  const Feed& feed_;
  const std::function<Result<>(const Progress&)>& progress_;
  SampledTime hashing_;
};

}  // namespace

Result<Summary> unpack(UniqueFd root, const std::vector<Layer>& layers, Feed& feed,
                       const std::function<Result<>(const Progress&)>& progress) {
  BlockQueue queue(queue_blocks, block_size);
  LayerReader reader(layers, feed, queue);
  LayerWriter writer(std::move(root), layers, queue, feed, progress);
  Result<> read;
  std::optional<Result<Summary>> written;
  std::thread reading([&] {
    read = guarded([&] { return reader.run(); });
    if (!read) queue.fail(read.error());  // who throws has not told the writer
  });
  std::thread writing([&] {
    written = guarded([&] { return writer.run(); });
    if (*written) return;
    queue.cancel();
    feed.cancel();
  });
  writing.join();
  reading.join();
  // When the writer fails, the reader is told to stop, and says only that.
  if (!read && read.error().code() != Code::cancelled) return std::move(read).error();
  if (!*written) return std::move(*written).error();
  auto summary = *std::move(*written);
  summary.spent.inflate = reader.inflating();
  summary.spent.hash += reader.hashing();
  return summary;
}

}  // namespace flintctl::archive
