// SPDX-License-Identifier: Apache-2.0
#include "oci/challenge.hpp"

#include "support/catch.hpp"

using flintctl::oci::parse_challenges;

TEST_CASE("challenges are read as RFC 9110 writes them") {
  const auto bearer = parse_challenges(
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",)"
      R"(scope="repository:library/alpine:pull")");
  REQUIRE(bearer.size() == 1);
  CHECK(bearer[0].scheme == "bearer");
  CHECK(bearer[0].parameters.at("realm") == "https://auth.docker.io/token");
  CHECK(bearer[0].parameters.at("scope") == "repository:library/alpine:pull");

  const auto two =
      parse_challenges(R"(BASIC Realm = "a \"b\", c" , Bearer realm=x, error=invalid)");
  REQUIRE(two.size() == 2);
  CHECK(two[0].scheme == "basic");
  CHECK(two[0].parameters.at("realm") == R"(a "b", c)");
  CHECK(two[1].parameters.at("error") == "invalid");
}

TEST_CASE("a malformed challenge ends the list") {
  CHECK(parse_challenges("").empty());
  CHECK(parse_challenges(" , ,").empty());
  CHECK(parse_challenges("realm=\"x\"").empty());
  CHECK(parse_challenges("\"Bearer\"").empty());
  const auto open_quote = parse_challenges("Bearer realm=\"https://x");
  REQUIRE(open_quote.size() == 1);
  CHECK(open_quote[0].parameters.empty());
  CHECK(parse_challenges("Basic realm=\"a\", Bearer realm=").size() == 2);
}
