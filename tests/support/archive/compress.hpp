// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace flintctl::testing {

inline std::string little_endian(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xffU);
  return text;
}

/// CRC-32 as gzip has it. RFC 1952 §8.
inline std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

/// One gzip member of stored blocks: valid, and as easy to damage in a chosen place.
inline std::string gzip_member(std::string_view bytes) {
  std::string member("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  std::string_view rest = bytes;
  do {
    const auto part = rest.substr(0, 65535);
    rest.remove_prefix(part.size());
    member += rest.empty() ? '\1' : '\0';
    member += little_endian(part.size(), 2) + little_endian(~part.size(), 2);
    member += part;
  } while (!rest.empty());
  return member + little_endian(crc32(bytes), 4) + little_endian(bytes.size(), 4);
}

/// One zstd frame of raw blocks. RFC 8878 §3.1.1.
inline std::string zstd_frame(std::string_view bytes, unsigned window_log = 17) {
  std::string frame("\x28\xb5\x2f\xfd\0", 5);
  frame += static_cast<char>((window_log - 10) << 3U);
  do {
    const auto part = bytes.substr(0, 1U << 16U);
    bytes.remove_prefix(part.size());
    frame += little_endian((part.size() << 3U) | (bytes.empty() ? 1U : 0U), 3);
    frame += part;
  } while (!bytes.empty());
  return frame;
}

}  // namespace flintctl::testing
