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
    return find_auth(R"({"auths": {")" + key + R"(": {"auth": ")" + auth + R"("}}})", host);
  };
  for (const char* key : {"r.io:5000", "https://r.io:5000", "https://r.io:5000/v2/",
                          "http://r.io:5000/v2/", "r.io:5000/v1/"}) {
    INFO(key);
    const auto found = of(key, "r.io:5000");
    REQUIRE(found);
    REQUIRE(found->credentials);
    CHECK(found->credentials->username == "me");
    CHECK(found->credentials->secret == "pass:word");
  }
  CHECK(of("https://index.docker.io/v1/", "docker.io")->credentials.has_value());
  CHECK_FALSE(of("r.io", "r.io:5000")->credentials.has_value());
  CHECK_FALSE(of("evil.io", "r.io")->credentials.has_value());
}

TEST_CASE("identity and registry tokens are told from passwords") {
  const auto identity =
      find_auth(R"({"auths": {"r.io": {"username": "u", "identitytoken": "t"}}})", "r.io");
  REQUIRE(identity->credentials);
  CHECK(identity->credentials->username.empty());
  CHECK(identity->credentials->secret == "t");
  const auto registry = find_auth(R"({"auths": {"r.io": {"registrytoken": "t"}}})", "r.io");
  REQUIRE(registry->credentials);
  CHECK(registry->credentials->registry_token == "t");
  CHECK_FALSE(find_auth(R"({"auths": {"r.io": {}}})", "r.io")->credentials.has_value());
  CHECK_FALSE(find_auth("{", "r.io"));
}
