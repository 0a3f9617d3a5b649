// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "archive/byte_source.hpp"
#include "archive/compression.hpp"
#include "archive/decoder.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// A file, pipe or socket read from where it stands to its end, decompressed by what its first
/// bytes show; unimplemented, with what to do, for compressions that are not read.
class DecodedFile final : public ByteSource {
 public:
  /// Hears of the bytes as they are in the file.
  using Raw = std::function<void(std::string_view)>;

  /// `fd` is borrowed.
  explicit DecodedFile(int fd, Raw raw = {});

  Result<std::string_view> next() override;
  /// Known after the first next().
  [[nodiscard]] Compression compression() const { return compression_; }

 private:
  Result<> refill();

  int fd_;
  Raw raw_;
  std::unique_ptr<char[]> input_;
  std::unique_ptr<char[]> output_;
  std::string_view unread_;
  Compression compression_ = Compression::none;
  std::unique_ptr<Decoder> decoder_;
  bool at_end_ = false;  ///< of the file
};

}  // namespace flintctl::archive
