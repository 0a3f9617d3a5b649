// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <limits>

#include "archive/decoder_backends.hpp"

namespace flintctl::archive {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case ISAL_INVALID_BLOCK:
      return "invalid block";
    case ISAL_INVALID_SYMBOL:
      return "invalid symbol";
    case ISAL_INVALID_LOOKBACK:
      return "distance too far back";
    case ISAL_INVALID_WRAPPER:
      return "invalid header";
    case ISAL_UNSUPPORTED_METHOD:
      return "unknown method";
    case ISAL_INCORRECT_CHECKSUM:
      return "wrong checksum";
    default:
      return "damaged stream";
  }
}

class GzipDecoder final : public Decoder {
 public:
  explicit GzipDecoder(Extent extent) : extent_(extent) { begin_member(); }

  Result<Step> decode(std::string_view input, std::span<char> output) override {
    constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
    // ISA-L takes non-const input and does not write to it.
    state_.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(input.data()));
    state_.avail_in = static_cast<std::uint32_t>(std::min(input.size(), most));
    state_.next_out = reinterpret_cast<std::uint8_t*>(output.data());
    state_.avail_out = static_cast<std::uint32_t>(std::min(output.size(), most));
    const std::uint32_t room = state_.avail_out;
    const std::uint32_t offered = state_.avail_in;
    while (state_.avail_out > 0) {
      if (finished()) {
        if (state_.avail_in == 0 || extent_ == Extent::first) break;
        begin_member();
      }
      const std::uint32_t in_before = state_.avail_in;
      const std::uint32_t out_before = state_.avail_out;
      if (in_before > 0) started_ = true;
      const int status = isal_inflate(&state_);
      if (status < 0 || status == ISAL_NEED_DICT) {
        return Error(Code::data_loss, fmt::format("gzip: {}", reason(status)));
      }
      if (!finished() && state_.avail_in == in_before && state_.avail_out == out_before) break;
    }
    return Step{offered - state_.avail_in, room - state_.avail_out};
  }

  [[nodiscard]] Result<> finish() const override {
    if (started_ && finished()) return {};
    return Error(Code::data_loss, "gzip: the stream ends too early");
  }

 private:
  [[nodiscard]] bool finished() const { return state_.block_state == ISAL_BLOCK_FINISH; }

  /// Keeps the input and output pointers: isal_inflate_reset leaves them alone.
  void begin_member() {
    if (!started_) {
      isal_inflate_init(&state_);
    } else {
      isal_inflate_reset(&state_);
    }
    state_.crc_flag = ISAL_GZIP;  // header and trailer are part of the stream and checked
  }

  Extent extent_;
  bool started_ = false;
  inflate_state state_ = {};
};

}  // namespace

std::unique_ptr<Decoder> make_gzip_decoder(Extent extent) {
  return std::make_unique<GzipDecoder>(extent);
}

}  // namespace flintctl::archive
