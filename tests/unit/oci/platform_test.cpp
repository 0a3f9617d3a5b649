// SPDX-License-Identifier: Apache-2.0
#include "oci/platform.hpp"

#include "support/catch.hpp"

using namespace flintctl::oci;

TEST_CASE("platforms are read in Go's and the kernel's names") {
  CHECK(parse_platform("linux/amd64")->text() == "linux/amd64");
  CHECK(parse_platform("x86_64")->text() == "linux/amd64");
  CHECK(parse_platform("linux/aarch64")->text() == "linux/arm64");
  CHECK(parse_platform("linux/arm/7")->text() == "linux/arm/v7");
  CHECK(parse_platform("armhf")->text() == "linux/arm/v7");
  for (const char* bad : {"", "/", "linux/", "/amd64", "linux/amd64/", "linux/amd 64", "a/b/c/d"}) {
    INFO(bad);
    CHECK_FALSE(parse_platform(bad));
  }
}

TEST_CASE("an image runs on its own variant and on higher ones") {
  const Platform amd64{"linux", "amd64", ""};
  CHECK(match(amd64, {"linux", "amd64", ""}) > 0);
  CHECK(match(amd64, {"linux", "amd64", "v1"}) > 0);
  CHECK(match(amd64, {"linux", "amd64", "v3"}) == 0);
  CHECK(match({"linux", "amd64", "v3"}, {"linux", "amd64", "v2"}) > 0);
  CHECK(match(amd64, {"linux", "arm64", ""}) == 0);
  CHECK(match(amd64, {"windows", "amd64", ""}) == 0);
  CHECK(match({"linux", "arm64", ""}, {"linux", "arm64", "v8"}) > 0);
  CHECK(match({"linux", "arm", "v7"}, {"linux", "arm", "v6"}) <
        match({"linux", "arm", "v7"}, {"linux", "arm", "v7"}));
  CHECK(match({"linux", "arm", "v6"}, {"linux", "arm", "v7"}) == 0);
}
