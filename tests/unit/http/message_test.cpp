// SPDX-License-Identifier: Apache-2.0
#include "http/message.hpp"

#include "http/url.hpp"
#include "support/catch.hpp"

using namespace flintctl::http;

TEST_CASE("header names compare without case") {
  Headers headers{{"Content-Type", "a"}, {"X-A", "1"}, {"x-a", "2"}};
  REQUIRE(headers.find("content-type") != nullptr);
  CHECK(*headers.find("content-type") == "a");
  CHECK(headers.all("X-a") == std::vector<std::string>{"1", "2"});
  CHECK(headers.find("Content") == nullptr);
}

TEST_CASE("a URL is shown without what may be secret in it") {
  CHECK(shown_url("https://s.io/b/x?X-Amz-Signature=s3cret#f") == "https://s.io/b/x");
  CHECK(shown_url("https://me:s3cret@s.io/b@c") == "https://s.io/b@c");
  CHECK(shown_url("http://me:s3cret@[") == "http://[");
  CHECK(shown_url("http://s.io") == "http://s.io");
  CHECK(shown_url("b/c@d") == "b/c@d");
  const auto bad = parse_url("ftp://s.io/?sig=s3cret");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().text() == "'ftp://s.io/' is no http or https URL");
}

TEST_CASE("loopback hosts are known by name and address") {
  for (const char* host :
       {"localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"}) {
    INFO(host);
    CHECK(is_loopback(host));
  }
  for (const char* host :
       {"localhost.example", "128.0.0.1", "127.0.0.1.example", "::2", "[::]", "", "notlocalhost"}) {
    INFO(host);
    CHECK_FALSE(is_loopback(host));
  }
}

TEST_CASE("URLs are taken apart, and origins compared") {
  const auto url = parse_url("https://R.io/v2/a?b=c");
  REQUIRE(url);
  CHECK(url->scheme == "https");
  CHECK(url->host == "r.io");
  CHECK(url->port == "443");
  CHECK(url->same_origin(*parse_url("https://r.io:443/other")));
  CHECK_FALSE(url->same_origin(*parse_url("http://r.io/")));
  CHECK_FALSE(url->same_origin(*parse_url("https://r.io:444/")));
  CHECK_FALSE(url->same_origin(*parse_url("https://r.io.evil/")));
  CHECK(parse_url("http://[::1]:5000/")->host == "[::1]");
}

TEST_CASE("URLs of other schemes or with credentials are refused") {
  for (const char* bad : {"", "file:///etc/passwd", "ftp://r.io/", "r.io", "https://",
                          "https://u:p@r.io/", "https://u@r.io/"}) {
    INFO(bad);
    CHECK_FALSE(parse_url(bad));
  }
}

TEST_CASE("redirects are resolved against where they come from") {
  const auto base = *parse_url("https://r.io:5000/v2/a/blobs/x?y=z");
  CHECK(resolve_url(base, "/b")->text == "https://r.io:5000/b");
  CHECK(resolve_url(base, "c")->text == "https://r.io:5000/v2/a/blobs/c");
  CHECK(resolve_url(base, "//cdn.io/d")->text == "https://cdn.io/d");
  CHECK(resolve_url(base, "http://cdn.io/e?f=%2B")->text == "http://cdn.io/e?f=%2B");
  CHECK_FALSE(resolve_url(base, "file:///etc/passwd"));
  CHECK_FALSE(resolve_url(base, "https://u:p@cdn.io/"));
}

TEST_CASE("query values are escaped") {
  CHECK(escape_query("repository:a/b:pull") == "repository%3Aa%2Fb%3Apull");
  CHECK(escape_query("a b&c=d+~") == "a%20b%26c%3Dd%2B~");
}
