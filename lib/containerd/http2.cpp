// SPDX-License-Identifier: Apache-2.0
#include "containerd/http2.hpp"

#include <utility>

namespace flintctl::containerd {
namespace {

enum FrameType : std::uint8_t {
  data = 0,
  headers = 1,
  priority = 2,
  settings = 4,
  ping = 6,
  window_update = 8,
  continuation = 9
};
constexpr std::uint8_t end_stream = 1;
constexpr std::uint8_t acknowledged = 1;
constexpr std::uint8_t end_headers = 4;
constexpr std::uint8_t padded = 8;

constexpr std::size_t header_size = 9;
constexpr std::size_t message_header_size = 5;  // gRPC's: compressed or not, and the length
constexpr std::uint32_t window = 1U << 20U;     // bytes: no answer is half as long
constexpr std::uint32_t first_window = 65535;   // every connection's

std::uint32_t number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = (value << 8U) | static_cast<unsigned char>(byte);
  return value;
}

std::string bytes_of(std::uint32_t value, unsigned count) {
  std::string bytes;
  while (count-- > 0) bytes += static_cast<char>((value >> (8 * count)) & 0xffU);
  return bytes;
}

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload) {
  std::string text = bytes_of(static_cast<std::uint32_t>(payload.size()), 3);
  text += static_cast<char>(type);
  text += static_cast<char>(flags);
  text += bytes_of(stream, 4);
  return text.append(payload);
}

/// A header by name, neither indexed nor compressed. Both parts have less than 127 bytes. RFC 7541.
std::string literal(std::string_view name, std::string_view value) {
  std::string text(1, '\0');
  text += static_cast<char>(name.size());
  text += name;
  text += static_cast<char>(value.size());
  return text.append(value);
}

}  // namespace

std::string http2_opening() {
  constexpr std::uint32_t initial_window_size = 4;
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
         frame(settings, 0, 0, bytes_of(initial_window_size, 2) + bytes_of(window, 4)) +
         frame(window_update, 0, 0, bytes_of(window - first_window, 4));
}

std::string http2_request(std::uint32_t stream, std::string_view path, std::string_view message) {
  const std::string fields = literal(":method", "POST") + literal(":scheme", "http") +
                             literal(":path", path) + literal(":authority", "localhost") +
                             literal("content-type", "application/grpc") +
                             literal("te", "trailers");
  const std::string length = bytes_of(static_cast<std::uint32_t>(message.size()), 4);
  return frame(headers, end_headers, stream, fields) +
         frame(data, end_stream, stream, std::string(1, '\0') + length + std::string(message));
}

bool Http2Answers::take_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                              std::string_view payload) {
  switch (type) {
    case data:
      if ((flags & padded) != 0) return false;
      streams_[stream].body += payload;
      [[fallthrough]];
    case headers:
      if ((flags & end_stream) != 0) streams_[stream].ended = true;
      return true;
    case settings:
      if ((flags & acknowledged) == 0) reply_ += frame(settings, acknowledged, 0, {});
      return true;
    case ping:
      if ((flags & acknowledged) == 0) reply_ += frame(ping, acknowledged, 0, payload);
      return true;
    case priority:
    case window_update:
    case continuation:
      return true;
    default:  // a stream is reset, or the connection ends
      return false;
  }
}

bool Http2Answers::take(std::string_view bytes) {
  unread_ += bytes;
  std::string_view rest = unread_;
  while (rest.size() >= header_size) {
    const std::size_t length = number(rest.substr(0, 3));
    if (length > window) return false;
    if (rest.size() < header_size + length) break;
    const auto type = static_cast<std::uint8_t>(rest[3]);
    const auto flags = static_cast<std::uint8_t>(rest[4]);
    const std::uint32_t stream = number(rest.substr(5, 4)) & 0x7fffffffU;
    if (!take_frame(type, flags, stream, rest.substr(header_size, length))) return false;
    rest.remove_prefix(header_size + length);
  }
  unread_ = std::string(rest);
  return true;
}

std::string Http2Answers::reply() { return std::exchange(reply_, {}); }

bool Http2Answers::ended(std::uint32_t stream) const {
  const auto found = streams_.find(stream);
  return found != streams_.end() && found->second.ended;
}

std::optional<std::string> Http2Answers::message(std::uint32_t stream) const {
  if (!ended(stream)) return std::nullopt;
  const std::string_view body = streams_.find(stream)->second.body;
  const bool whole = body.size() >= message_header_size && body.front() == '\0' &&
                     number(body.substr(1, 4)) == body.size() - message_header_size;
  if (!whole) return std::nullopt;
  return std::string(body.substr(message_header_size));
}

}  // namespace flintctl::containerd
