// SPDX-License-Identifier: Apache-2.0
// Any bytes as gzip and as zstd: the decoders must end, within the room they are given.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "archive/decoder.hpp"

namespace {

constexpr std::size_t limit = std::size_t{1} << 22U;

void decode(flintctl::archive::Compression compression, std::string_view input) {
  const auto decoder = flintctl::archive::make_decoder(compression);
  char room[4096];
  for (std::size_t produced = 0; produced < limit;) {
    const auto step = decoder->decode(input, room);
    if (!step) return;
    if (step->consumed > input.size() || step->produced > sizeof room) std::abort();
    input.remove_prefix(step->consumed);
    produced += step->produced;
    if (step->consumed == 0 && step->produced < sizeof room) break;
  }
  (void)decoder->finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  using flintctl::archive::Compression;
  for (const auto compression : {Compression::gzip, Compression::zstd}) {
    decode(compression, input);
    (void)flintctl::archive::decode_all(compression, input, limit,
                                        flintctl::archive::Extent::first);
  }
  return 0;
}
