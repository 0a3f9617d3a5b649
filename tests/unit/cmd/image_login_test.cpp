// SPDX-License-Identifier: Apache-2.0
#include "image/login.hpp"

#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::cmd;

TEST_CASE("a registry is named by its host, docker's also as docker does") {
  for (const auto& [text, host] : {std::pair("r.io", "r.io"),
                                   {"r.io:5000", "r.io:5000"},
                                   {"localhost", "localhost"},
                                   {"127.0.0.1:5000", "127.0.0.1:5000"},
                                   {"[::1]:5000", "[::1]:5000"},
                                   {"docker.io", "docker.io"},
                                   {"index.docker.io", "docker.io"},
                                   {"https://r.io", "r.io"},
                                   {"https://r.io:5000/", "r.io:5000"},
                                   {"https://index.docker.io/v1/", "docker.io"}}) {
    INFO(text);
    const auto registry = parse_registry(text);
    REQUIRE(registry);
    CHECK(*registry == host);
  }
  for (const char* bad : {"", "word", "r.io/repository", "http://r.io", "r.io:port", "me@r.io",
                          "https://r.io/v2/x", "-r.io", "[::1"}) {
    INFO(bad);
    const auto registry = parse_registry(bad);
    REQUIRE_FALSE(registry);
    CHECK(registry.error().code() == Code::invalid_argument);
    CHECK_FALSE(registry.error().hint().empty());
  }
}
