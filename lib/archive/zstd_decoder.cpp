// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "archive/decoder_backends.hpp"

namespace flintctl::archive {
namespace {

constexpr int window_log_max = 27;  // 128 MiB: what `zstd --ultra -22` makes without --long

struct FreeStream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

class ZstdDecoder final : public Decoder {
 public:
  explicit ZstdDecoder(Extent extent) : extent_(extent), stream_(ZSTD_createDStream()) {
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, window_log_max);
  }

  Result<Step> decode(std::string_view input, std::span<char> output) override {
    ZSTD_inBuffer in = {input.data(), input.size(), 0};
    ZSTD_outBuffer out = {output.data(), output.size(), 0};
    while (out.pos < out.size) {
      const std::size_t in_before = in.pos;
      const std::size_t out_before = out.pos;
      if (at_frame_end_ && (in.pos == in.size || extent_ == Extent::first)) break;
      const std::size_t left = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(left) != 0) return failure(left);
      at_frame_end_ = left == 0;
      if (in.pos == in_before && out.pos == out_before) break;
      started_ = true;
    }
    return Step{in.pos, out.pos};
  }

  [[nodiscard]] Result<> finish() const override {
    if (started_ && at_frame_end_) return {};
    return Error(Code::data_loss, "zstd: the stream ends too early");
  }

 private:
  static Error failure(std::size_t result) {
    Error error(Code::data_loss, fmt::format("zstd: {}", ZSTD_getErrorName(result)));
    if (ZSTD_getErrorCode(result) != ZSTD_error_frameParameter_windowTooLarge) return error;
    return std::move(error)
        .with_code(Code::resource_exhausted)
        .with_hint("compress the layer again without a long-distance window (zstd --long)");
  }

  Extent extent_;
  std::unique_ptr<ZSTD_DStream, FreeStream> stream_;
  bool started_ = false;
  bool at_frame_end_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_zstd_decoder(Extent extent) {
  return std::make_unique<ZstdDecoder>(extent);
}

}  // namespace flintctl::archive
