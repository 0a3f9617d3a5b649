// SPDX-License-Identifier: Apache-2.0
#include "archive/decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "archive/decoder_backends.hpp"

namespace flintctl::archive {
namespace {

class CopyingDecoder final : public Decoder {
 public:
  Result<Step> decode(std::string_view input, std::span<char> output) override {
    const std::size_t length = std::min(input.size(), output.size());
    if (length > 0) std::memcpy(output.data(), input.data(), length);
    return Step{length, length};
  }
  [[nodiscard]] Result<> finish() const override { return {}; }
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(Compression compression, Extent extent) {
  switch (compression) {
    case Compression::gzip:
      return make_gzip_decoder(extent);
    case Compression::zstd:
      return make_zstd_decoder(extent);
    case Compression::none:
      break;
  }
  return std::make_unique<CopyingDecoder>();
}

Result<std::string> decode_all(Compression compression, std::string_view input, std::size_t limit,
                               Extent extent) {
  constexpr std::size_t piece = std::size_t{1} << 20U;
  const auto decoder = make_decoder(compression, extent);
  std::string output;
  for (;;) {
    const std::size_t before = output.size();
    output.resize(before + piece);
    const auto step = TRY(decoder->decode(input, std::span(output).subspan(before)));
    output.resize(before + step.produced);
    input.remove_prefix(step.consumed);
    if (output.size() > limit) {
      return Error(Code::resource_exhausted,
                   fmt::format("it holds more than {} bytes when decompressed", limit));
    }
    if (step.produced < piece && (input.empty() || step.consumed == 0)) break;
  }
  TRY(decoder->finish());
  return output;
}

}  // namespace flintctl::archive
