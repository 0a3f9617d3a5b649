// SPDX-License-Identifier: Apache-2.0
#include "oci/registry_error.hpp"

#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::oci;

TEST_CASE("Retry-After counts in seconds, and is believed up to a minute") {
  const auto wait = [](const std::string& value) {
    return retry_after(http::Headers{{"Retry-After", value}});
  };
  CHECK(wait("0") == std::chrono::seconds(0));
  CHECK(wait("7") == std::chrono::seconds(7));
  CHECK(wait("86400") == std::chrono::seconds(60));
  for (const char* other : {"", "-1", "1.5", "99999999999999999999", "soon", "1 "}) {
    INFO(other);
    CHECK_FALSE(wait(other));
  }
  CHECK_FALSE(retry_after(http::Headers{}));
}

TEST_CASE("Retry-After may name a date") {
  const auto wait = [](const std::string& value) {
    const auto now = std::chrono::system_clock::from_time_t(784111777);  // RFC 9110's example
    return retry_after(http::Headers{{"Retry-After", value}}, now);
  };
  CHECK(wait("Sun, 06 Nov 1994 08:49:47 GMT") == std::chrono::seconds(10));
  CHECK(wait("Sun, 06 Nov 1994 08:00:00 GMT") == std::chrono::seconds(0));
  CHECK(wait("Sun, 06 Nov 2094 08:49:37 GMT") == std::chrono::seconds(60));
  CHECK_FALSE(wait("Sun, 06 Nov 1994 08:49:47 PST"));
  CHECK_FALSE(wait("Sun, 06 Nov 1994 08:49:47 GMT, and more"));
}

TEST_CASE("a registry's words are quoted, bounded and harmless") {
  const std::string body =
      R"({"errors": [{"message": "no\u001b[31m\r\nX: )" + std::string(1000, 'x') + R"("}]})";
  const auto error = from_answer(403, body, "r.io", "an image");
  CHECK(error.code() == Code::registry);
  CHECK(error.text().size() < 400);
  CHECK(error.text().find('\x1b') == std::string::npos);
  CHECK(error.text().find('\n') == std::string::npos);
  const auto tls = from_answer(400, "Client sent an HTTP request to an HTTPS server.\n",
                               "127.0.0.1:5000", "an image");
  CHECK(tls.hint().find("server = \"https://127.0.0.1:5000\"") != std::string_view::npos);
  CHECK(from_answer(404, "", "r.io", "an image").code() == Code::not_found);
  CHECK_FALSE(from_answer(429, "<html>", "r.io", "an image").hint().empty());
}
