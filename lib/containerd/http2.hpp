// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace flintctl::containerd {

/// What opens a connection: its preface, and settings under which a peer need not wait for us.
std::string http2_opening();

/// One gRPC request: headers and a whole message. `stream` is an odd number, greater each time.
std::string http2_request(std::uint32_t stream, std::string_view path, std::string_view message);

/// The answers on one connection, as far as they came. Knows just what a gRPC server does when it
/// answers: bodies of streams, and what must be acknowledged. RFC 9113.
class Http2Answers {
 public:
  /// False once the peer did anything else: nothing more is to be expected.
  bool take(std::string_view bytes);
  /// What must be sent to the peer now; given out once.
  std::string reply();
  /// The message of an answer that is complete: gRPC's frame is taken off. Nothing for a failure,
  /// which has headers only.
  [[nodiscard]] std::optional<std::string> message(std::uint32_t stream) const;
  [[nodiscard]] bool ended(std::uint32_t stream) const;

 private:
  struct Stream {
    std::string body;
    bool ended = false;
  };
  bool take_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload);

  std::string unread_;  ///< the beginning of a frame
  std::string reply_;
  std::map<std::uint32_t, Stream> streams_;
};

}  // namespace flintctl::containerd
