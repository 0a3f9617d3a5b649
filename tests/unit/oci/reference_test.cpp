// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.hpp"

#include "support/catch.hpp"

using flintctl::Code;
using flintctl::oci::Reference;

namespace {

const std::string digest = "sha256:" + std::string(64, 'a');

struct Normal {
  std::string text;
  std::string name;
  std::string registry;
};

}  // namespace

TEST_CASE("a reference is normalised as docker does") {
  const auto& [text, name, registry] = GENERATE_COPY(values<Normal>({
      {"alpine", "docker.io/library/alpine:latest", "registry-1.docker.io"},
      {"alpine:3.20", "docker.io/library/alpine:3.20", "registry-1.docker.io"},
      {"user/app", "docker.io/user/app:latest", "registry-1.docker.io"},
      {"docker.io/alpine", "docker.io/library/alpine:latest", "registry-1.docker.io"},
      {"index.docker.io/a/b:1", "docker.io/a/b:1", "registry-1.docker.io"},
      {"localhost/app", "localhost/app:latest", "localhost"},
      {"localhost:5000/a/b/c:1", "localhost:5000/a/b/c:1", "localhost:5000"},
      {"127.0.0.1:5000/os", "127.0.0.1:5000/os:latest", "127.0.0.1:5000"},
      {"[::1]:5000/os:1", "[::1]:5000/os:1", "[::1]:5000"},
      {"[::1]/os", "[::1]/os:latest", "[::1]"},
      {"ghcr.io/a/b_c__d-e--f.g:v1", "ghcr.io/a/b_c__d-e--f.g:v1", "ghcr.io"},
      {"Registry/app", "Registry/app:latest", "Registry"},
      {"alpine@" + digest, "docker.io/library/alpine@" + digest, "registry-1.docker.io"},
      {"r.io/a:1@" + digest, "r.io/a:1@" + digest, "r.io"},
      {"a:_x", "docker.io/library/a:_x", "registry-1.docker.io"},
  }));
  INFO(text);
  const auto reference = Reference::parse(text);
  REQUIRE(reference);
  CHECK(reference->name() == name);
  CHECK(reference->registry() == registry);
  // What is normal stays as it is.
  REQUIRE(Reference::parse(name));
  CHECK(*Reference::parse(name) == *reference);
}

TEST_CASE("a digest wins over the tag when the registry is asked") {
  CHECK(Reference::parse("a:1")->object() == "1");
  CHECK(Reference::parse("a:1@" + digest)->object() == digest);
  CHECK(Reference::parse("[::1]:5000/a")->hostname() == "::1");
  CHECK(Reference::parse("r.io:5000/a")->hostname() == "r.io");
}

TEST_CASE("what is no reference is refused") {
  const auto text = GENERATE_COPY(values<std::string>({
      "",
      ":",
      "/",
      "a/",
      "/a",
      "a//b",
      "a:",
      "a:-x",
      "a: b",
      "A",
      "user/App",
      "a@",
      "a@sha256:abc",
      "a@sha512:" + std::string(128, 'a'),
      "a@sha256:" + std::string(64, 'A'),
      "https://r.io/a",
      "r.io:/a",
      "r.io:99999/a",
      "r.io:5x/a",
      "-r.io/a",
      "r..io/a",
      "[::1/a",
      "[zz]/a",
      "[::1]x/a",
      "a._b",
      "a..b",
      "a___b",
      "_a",
      "a_",
      "a:" + std::string(129, 'x'),
      std::string(64, 'a'),
      "r.io/" + std::string(255, 'x'),
      "a b",
      "a\n",
      std::string("a\0b", 3),
      "../etc",
      "r.io/../a",
  }));
  INFO(text);
  const auto reference = Reference::parse(text);
  REQUIRE_FALSE(reference);
  CHECK(reference.error().code() == Code::invalid_argument);
  CHECK_FALSE(reference.error().hint().empty());
}

TEST_CASE("a password in front of a host is not repeated") {
  for (const char* text : {"https://me:s3cret@r.io/x", "me:s3cret@r.io/x", "me:s3cr@t@r.io/x:1"}) {
    INFO(text);
    const auto reference = Reference::parse(text);
    REQUIRE_FALSE(reference);
    CHECK(reference.error().text().find("s3cr") == std::string::npos);
    CHECK(reference.error().text().find("@r.io/x") != std::string::npos);
  }
}
