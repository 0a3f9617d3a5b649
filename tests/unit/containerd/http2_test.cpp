// SPDX-License-Identifier: Apache-2.0
#include "containerd/http2.hpp"

#include "support/catch.hpp"

using namespace flintctl::containerd;
using namespace std::string_literals;

namespace {

std::string frame(char type, char flags, char stream, const std::string& payload) {
  return "\0"s + static_cast<char>(payload.size() >> 8U) + static_cast<char>(payload.size()) +
         type + flags + "\0\0\0"s + stream + payload;
}

const std::string settings = frame(4, 0, 0, "");
const std::string headers = frame(1, 4, 1, "\x88");
const std::string trailers = frame(1, 5, 1, "\x88");
std::string body(const std::string& message, char stream = 1) {
  return frame(0, 0, stream, "\0\0\0\0"s + static_cast<char>(message.size()) + message);
}

/// The message of stream 1 after these bytes, given all at once and one by one.
std::optional<std::string> message_in(const std::string& bytes) {
  Http2Answers whole;
  Http2Answers trickled;
  const bool taken = whole.take(bytes);
  bool each = true;
  for (const char byte : bytes) each = each && trickled.take({&byte, 1});
  CHECK(taken == each);
  CHECK(whole.message(1) == trickled.message(1));
  return taken ? whole.message(1) : std::nullopt;
}

}  // namespace

TEST_CASE("a request is its headers and its message, in frames that say how long they are") {
  const std::string request = http2_request(3, "/a.B/C", "hello");
  const auto length = static_cast<std::size_t>(request[2]);
  CHECK(request.substr(3, 6) == "\1\4\0\0\0\3"s);
  CHECK(request.find("\5:path\6/a.B/C") != std::string::npos);
  CHECK(request.substr(9 + length) == "\0\0\12\0\1\0\0\0\3\0\0\0\0\5hello"s);
  CHECK(http2_opening().starts_with("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\6\4\0\0\0\0\0"s));
}

TEST_CASE("an answer is complete when its stream has ended") {
  CHECK(message_in(settings + headers + body("hello") + trailers) == "hello");
  CHECK(message_in(headers + body("") + trailers) == "");
  CHECK_FALSE(message_in(headers + body("hello")));
  CHECK_FALSE(message_in(headers + trailers));  // how a server fails a call
  CHECK_FALSE(message_in(headers + body("other", 3) + trailers));
}

TEST_CASE("a message that is cut, too long or compressed is none") {
  CHECK_FALSE(message_in(headers + frame(0, 0, 1, "\0\0\0\0\5hell"s) + trailers));
  CHECK_FALSE(message_in(headers + frame(0, 0, 1, "\0\0\0\0\5hello!"s) + trailers));
  CHECK_FALSE(message_in(headers + frame(0, 0, 1, "\1\0\0\0\5hello"s) + trailers));
  CHECK_FALSE(message_in(headers + frame(0, 0, 1, "\0\0"s) + trailers));
}

TEST_CASE("what a server asks for is answered once") {
  Http2Answers answers;
  REQUIRE(answers.take(settings + frame(6, 0, 0, "12345678") + frame(4, 1, 0, "")));
  CHECK(answers.reply() == frame(4, 1, 0, "") + frame(6, 1, 0, "12345678"));
  CHECK(answers.reply().empty());
}

TEST_CASE("what no good answer has ends it") {
  CHECK_FALSE(Http2Answers().take(frame(3, 0, 1, "\0\0\0\1"s)));  // a stream is reset
  CHECK_FALSE(Http2Answers().take(frame(7, 0, 0, "12345678")));   // the connection ends
  CHECK_FALSE(Http2Answers().take(frame(0, 8, 1, "\1a\0"s)));     // padding
  CHECK_FALSE(Http2Answers().take("\xff\xff\xff\0\0\0\0\0\1"s));  // 16 MiB at once
  CHECK_FALSE(Http2Answers().take("HTTP/1.1 400 Bad Request\r\n\r\n"s));
}
