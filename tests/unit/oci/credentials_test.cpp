// SPDX-License-Identifier: Apache-2.0
#include "oci/credentials.hpp"

#include "support/catch.hpp"

using namespace flintctl::oci;

TEST_CASE("base64 follows RFC 4648's examples") {
  const std::pair<std::string, std::string> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    CHECK(base64_encode(bytes) == text);
    CHECK(*base64_decode(text) == bytes);
  }
  CHECK_FALSE(base64_decode("Zm9v!"));
  CHECK_FALSE(base64_decode("Z"));
}

TEST_CASE("credentials are found under the keys that docker and others write") {
  const std::string auth = base64_encode("me:pass:word");
  const auto of = [&](const std::string& key, const std::string& host) {
    return find_credentials(R"({"auths": {")" + key + R"(": {"auth": ")" + auth + R"("}}})", host);
  };
  for (const char* key : {"r.io:5000", "https://r.io:5000", "https://r.io:5000/v2/"}) {
    INFO(key);
    const auto found = of(key, "r.io:5000");
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->username == "me");
    CHECK((*found)->secret == "pass:word");
  }
  CHECK(of("https://index.docker.io/v1/", "docker.io")->has_value());
  CHECK_FALSE(of("r.io", "r.io:5000")->has_value());
  CHECK_FALSE(of("evil.io", "r.io")->has_value());
}

TEST_CASE("identity and registry tokens are told from passwords") {
  const auto identity =
      find_credentials(R"({"auths": {"r.io": {"username": "u", "identitytoken": "t"}}})", "r.io");
  REQUIRE(*identity);
  CHECK((*identity)->username.empty());
  CHECK((*identity)->secret == "t");
  const auto registry = find_credentials(R"({"auths": {"r.io": {"registrytoken": "t"}}})", "r.io");
  REQUIRE(*registry);
  CHECK((*registry)->registry_token == "t");
  CHECK_FALSE(find_credentials(R"({"auths": {"r.io": {}}})", "r.io")->has_value());
  CHECK_FALSE(find_credentials("{", "r.io"));
}
