// SPDX-License-Identifier: Apache-2.0
#include "archive/layer_reader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sys/error.hpp"
#include "sys/sha256.hpp"

namespace flintctl::archive {
namespace {

constexpr std::size_t read_size = 256 * 1024;
constexpr std::uint64_t magic_size = 4;

Error given_up() { return {Code::cancelled, "the extraction was given up"}; }

}  // namespace

struct LayerReader::Input {
  const Layer& layer;
  std::size_t index;
  std::uint64_t offset = 0;      ///< of the next read
  std::uint64_t produced = 0;    ///< decompressed bytes so far
  std::string_view unread = {};  ///< read, not yet decompressed
  sys::Sha256 hash = {};
  [[nodiscard]] bool at_end() const { return offset == layer.size && unread.empty(); }
};

LayerReader::LayerReader(const std::vector<Layer>& layers, const Feed& feed, BlockQueue& queue)
    : layers_(layers),
      feed_(feed),
      queue_(queue),
      buffer_(std::make_unique_for_overwrite<char[]>(read_size)) {}

Result<> LayerReader::run() {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    auto read = read_layer(i).context(fmt::format("layer {}", layers_[i].digest));
    if (read) continue;
    queue_.fail(read.error());
    return read;
  }
  return {};
}

Result<> LayerReader::read_layer(std::size_t index) {
  Input input = {layers_[index], index};
  TRY(refill(input));
  const Compression compression = TRY(choose_compression(input.layer.media_type, input.unread));
  const auto decoder = make_decoder(compression);
  for (;;) {
    const bool more_output = TRY(decode(input, *decoder));
    if (!input.unread.empty() || more_output) continue;
    if (input.at_end()) break;
    TRY(refill(input));
  }
  TRY(decoder->finish());
  if (const auto digest = "sha256:" + input.hash.finish(); digest != input.layer.digest) {
    return Error(Code::data_loss, fmt::format("its bytes have the digest {}", digest))
        .with_hint("pull again; if it stays wrong, the registry's copy is damaged");
  }
  if (!ready()) return given_up();
  block_->last = true;
  flush();
  return {};
}

/// Reads on, after waiting for the download if there is nothing to read.
Result<> LayerReader::refill(Input& input) {
  const std::uint64_t least =
      std::min(input.layer.size, input.offset + (input.offset == 0 ? magic_size : 1));
  std::uint64_t available = feed_.available(input.index);
  if (available < least) {
    flush();  // what is decompressed can be extracted meanwhile
    available = TRY(feed_.wait(input.index, least));
  }
  available = std::min(available, input.layer.size);
  const auto length =
      static_cast<std::size_t>(std::min<std::uint64_t>(read_size, available - input.offset));
  ssize_t count = 0;
  do {
    count = ::pread(input.layer.file, buffer_.get(), length, static_cast<off_t>(input.offset));
  } while (count < 0 && errno == EINTR);
  if (count < 0) return sys::last_error("reading the layer's file");
  if (count == 0 && length > 0) return Error(Code::data_loss, "the layer's file is too short");
  input.unread = std::string_view(buffer_.get(), static_cast<std::size_t>(count));
  input.offset += input.unread.size();
  hashing_.measure([&] { input.hash.update(input.unread); });
  return {};
}

/// True when the decoder may have more to give for what it has already taken.
Result<bool> LayerReader::decode(Input& input, Decoder& decoder) {
  if (!ready()) return given_up();
  const std::span<char> room(block_->memory.get() + block_->size, block_->capacity - block_->size);
  const auto step = TRY(inflating_.measure([&] { return decoder.decode(input.unread, room); }));
  input.unread.remove_prefix(step.consumed);
  input.produced += step.produced;
  block_->size += step.produced;
  if (input.produced > input.layer.limits.bytes) {
    return Error(Code::resource_exhausted,
                 fmt::format("it holds more than {} bytes", input.layer.limits.bytes));
  }
  const bool full = step.produced == room.size();
  if (full) flush();
  if (!full && step.consumed == 0 && !input.unread.empty()) {
    return Error(Code::data_loss, "the stream does not go on");
  }
  return full;
}

/// True once there is a block with room to fill.
bool LayerReader::ready() {
  if (block_ == nullptr) block_ = queue_.acquire();
  return block_ != nullptr;
}

void LayerReader::flush() {
  if (block_ == nullptr || (block_->size == 0 && !block_->last)) return;
  queue_.publish(block_);
  block_ = nullptr;
}

}  // namespace flintctl::archive
