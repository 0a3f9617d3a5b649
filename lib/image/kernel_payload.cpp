// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_payload.hpp"

#include <fmt/format.h>
#include <lz4.h>
#include <lzma.h>

#include <array>
#include <memory>

#include "archive/decoder.hpp"

namespace flintctl::image {
namespace {

using namespace std::string_view_literals;

constexpr auto gzip_magic = "\x1f\x8b"sv;
constexpr auto xz_magic =
    "\xfd"
    "7zXZ\0"sv;
constexpr auto zstd_magic = "\x28\xb5\x2f\xfd"sv;
constexpr auto lz4_magic = "\x02\x21\x4c\x18"sv;
constexpr std::array other_magics = {
    std::pair("BZh"sv, "bzip2"sv),
    std::pair("\x5d\x00\x00"sv, "lzma"sv),
    std::pair("\x89\x4c\x5a"sv, "lzo"sv),
};

Error too_large(std::size_t limit) {
  return {Code::resource_exhausted,
          fmt::format("the kernel holds more than {} bytes when decompressed", limit)};
}

struct EndDecoder {
  void operator()(lzma_stream* stream) const { ::lzma_end(stream); }
};

Result<std::string> decompress_xz(std::string_view input, std::size_t limit) {
  constexpr std::uint64_t memory_limit = std::uint64_t{256} << 20U;
  constexpr std::size_t piece = std::size_t{1} << 20U;
  lzma_stream stream = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, EndDecoder> end(&stream);
  if (::lzma_stream_decoder(&stream, memory_limit, 0) != LZMA_OK) {
    return Error(Code::resource_exhausted, "no memory for xz");
  }
  stream.next_in = reinterpret_cast<const std::uint8_t*>(input.data());
  stream.avail_in = input.size();
  std::string output;
  for (;;) {
    const std::size_t before = output.size();
    output.resize(before + piece);
    stream.next_out = reinterpret_cast<std::uint8_t*>(output.data() + before);
    stream.avail_out = piece;
    const lzma_ret status = ::lzma_code(&stream, LZMA_RUN);
    output.resize(output.size() - stream.avail_out);
    if (output.size() > limit) return too_large(limit);
    if (status == LZMA_STREAM_END) return output;
    if (status == LZMA_MEMLIMIT_ERROR) return too_large(limit);
    if (status != LZMA_OK || (stream.avail_in == 0 && stream.avail_out > 0)) {
      return Error(Code::data_loss,
                   fmt::format("the kernel's xz stream is damaged ({})", static_cast<int>(status)));
    }
  }
}

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return value;
}

/// LZ4's legacy frame: blocks of at most 8 MiB, each after its compressed size; no end mark.
/// lz4_Frame_format.md, "Legacy frame".
Result<std::string> decompress_lz4(std::string_view input, std::size_t limit) {
  constexpr std::size_t block_size = std::size_t{8} << 20U;
  std::string output;
  input.remove_prefix(lz4_magic.size());
  while (input.size() > sizeof(std::uint32_t)) {
    if (input.starts_with(lz4_magic)) {
      input.remove_prefix(lz4_magic.size());
      continue;
    }
    const std::size_t size = little_endian(input);
    input.remove_prefix(sizeof(std::uint32_t));
    if (size == 0 || size > input.size()) {
      return Error(Code::data_loss, "the kernel's LZ4 stream is damaged");
    }
    const std::size_t before = output.size();
    output.resize(before + block_size);
    const int count = ::LZ4_decompress_safe(input.data(), output.data() + before,
                                            static_cast<int>(size), static_cast<int>(block_size));
    if (count < 0) return Error(Code::data_loss, "the kernel's LZ4 stream is damaged");
    output.resize(before + static_cast<std::size_t>(count));
    if (output.size() > limit) return too_large(limit);
    input.remove_prefix(size);
  }
  return output;
}

}  // namespace

Result<std::string> decompress_payload(std::string_view payload, std::size_t limit) {
  using archive::Compression;
  if (payload.starts_with(xz_magic)) return decompress_xz(payload, limit);
  if (payload.starts_with(lz4_magic)) return decompress_lz4(payload, limit);
  if (payload.starts_with(gzip_magic)) {
    return archive::decode_all(Compression::gzip, payload, limit, archive::Extent::first);
  }
  if (payload.starts_with(zstd_magic)) {
    return archive::decode_all(Compression::zstd, payload, limit, archive::Extent::first);
  }
  for (const auto& [magic, name] : other_magics) {
    if (!payload.starts_with(magic)) continue;
    return Error(Code::unimplemented, fmt::format("the kernel is compressed by {}", name))
        .with_hint("gzip, xz, zstd and lz4 are known; or give an uncompressed vmlinux");
  }
  return payload.starts_with(
             "\x7f"
             "ELF")
             ? Result<std::string>(std::string(payload))
             : Error(Code::data_loss, "the kernel's payload is of no known kind");
}

}  // namespace flintctl::image
