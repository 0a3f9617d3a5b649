// SPDX-License-Identifier: Apache-2.0
#include "archive/compression.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace flintctl::archive {
namespace {

constexpr std::array layer_types = {
    std::pair("application/vnd.oci.image.layer.v1.tar", Compression::none),
    std::pair("application/vnd.oci.image.layer.nondistributable.v1.tar", Compression::none),
    std::pair("application/vnd.docker.image.rootfs.diff.tar", Compression::none),
    std::pair("application/vnd.docker.image.rootfs.foreign.diff.tar", Compression::none),
};

unsigned byte_at(std::string_view bytes, std::size_t index) {
  return index < bytes.size() ? static_cast<unsigned char>(bytes[index]) : 256U;
}

bool is_zstd(std::string_view bytes) {
  const bool frame = byte_at(bytes, 0) == 0x28 && byte_at(bytes, 1) == 0xb5;
  const bool skippable = (byte_at(bytes, 0) & 0x1f0U) == 0x50 && byte_at(bytes, 1) == 0x2a;
  const unsigned third = frame ? 0x2f : 0x4d;
  const unsigned fourth = frame ? 0xfd : 0x18;
  return (frame || skippable) && byte_at(bytes, 2) == third && byte_at(bytes, 3) == fourth;
}

}  // namespace

Result<Compression> promised_compression(std::string_view media_type) {
  for (const auto& [base, compression] : layer_types) {
    if (!media_type.starts_with(base)) continue;
    const auto suffix = media_type.substr(std::string_view(base).size());
    if (suffix.empty()) return compression;
    if (suffix == "+gzip" || suffix == ".gzip") return Compression::gzip;
    if (suffix == "+zstd" || suffix == ".zstd") return Compression::zstd;
  }
  return Error(Code::unimplemented, fmt::format("layers of type '{}' are not known", media_type))
      .with_hint("known are tar layers, plain or compressed by gzip or zstd");
}

Compression actual_compression(std::string_view first_bytes) {
  const bool gzip = byte_at(first_bytes, 0) == 0x1f && byte_at(first_bytes, 1) == 0x8b &&
                    byte_at(first_bytes, 2) == 0x08;
  if (gzip) return Compression::gzip;
  return is_zstd(first_bytes) ? Compression::zstd : Compression::none;
}

std::string_view unread_compression(std::string_view first_bytes) {
  using namespace std::string_view_literals;
  if (first_bytes.starts_with("\xfd"
                              "7zXZ\0"sv))
    return "xz";
  if (first_bytes.starts_with("BZh"sv)) return "bzip2";
  return first_bytes.starts_with("\x04\x22\x4d\x18"sv) ? "lz4"sv : ""sv;
}

Result<Compression> choose_compression(std::string_view media_type, std::string_view first_bytes) {
  const Compression promised = TRY(promised_compression(media_type));
  const Compression actual = actual_compression(first_bytes);
  if (actual == Compression::none && promised != Compression::none) {
    return Error(Code::data_loss,
                 fmt::format("the layer's media type says {}, its bytes do not", name(promised)));
  }
  return actual;
}

std::string_view name(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
    case Compression::none:
      break;
  }
  return "none";
}

}  // namespace flintctl::archive
