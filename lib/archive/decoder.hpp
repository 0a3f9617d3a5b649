// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "archive/compression.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// Where a stream ends. `all`: it may hold several gzip members or zstd frames one after the other
/// (RFC 1952 §2.2, RFC 8878 §3.1), and anything else after them is an error, as it is to Go's
/// compress/gzip. `first`: with the first of them; what follows is not consumed.
enum class Extent { all, first };

/// Takes compressed bytes in pieces of any size and gives uncompressed ones, in bounded memory.
class Decoder {
 public:
  virtual ~Decoder() = default;

  struct Step {
    std::size_t consumed = 0;  ///< bytes taken from the input
    std::size_t produced = 0;  ///< bytes written to the output
  };

  /// Fills `output` as far as `input` allows; call again with what was not consumed, also with an
  /// empty input as long as the output comes back full. data_loss for damaged streams.
  virtual Result<Step> decode(std::string_view input, std::span<char> output) = 0;

  /// To be asked once the input has ended: data_loss when that is in the middle of a stream.
  [[nodiscard]] virtual Result<> finish() const = 0;
};

/// ISA-L for gzip, libzstd for zstd (windows up to 128 MiB), a copy for none.
std::unique_ptr<Decoder> make_decoder(Compression compression, Extent extent = Extent::all);

/// The whole of `input` decoded; resource_exhausted when it holds more than `limit` bytes.
Result<std::string> decode_all(Compression compression, std::string_view input, std::size_t limit,
                               Extent extent = Extent::all);

}  // namespace flintctl::archive
