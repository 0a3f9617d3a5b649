// SPDX-License-Identifier: Apache-2.0
#include "oci/platform.hpp"

#include "support/catch.hpp"

using namespace flintctl::oci;

TEST_CASE("platforms are read in Go's and the kernel's names") {
  CHECK(parse_platform("linux/amd64")->text() == "linux/amd64");
  CHECK(parse_platform("x86_64")->text() == "linux/amd64");
  CHECK(parse_platform("Linux/ARM64")->text() == "linux/arm64");
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

TEST_CASE("minor variants are ordered, and nonsense matches only itself") {
  const Platform v82{"linux", "arm64", "v8.2"};
  CHECK(match(v82, {"linux", "arm64", "v8.1"}) > match(v82, {"linux", "arm64", ""}));
  CHECK(match(v82, {"linux", "arm64", "v8.3"}) == 0);
  CHECK(match({"linux", "arm64", "v9"}, v82) > 0);
  CHECK(match({"linux", "arm64", ""}, {"linux", "arm64", "v9"}) == 0);
  for (const char* odd : {"v", "v8.", "v8.x", "v10", "8x", "vv"}) {
    INFO(odd);
    CHECK(match({"linux", "arm64", odd}, {"linux", "arm64", ""}) == 0);
    CHECK(match({"linux", "arm64", odd}, {"linux", "arm64", odd}) > 0);
  }
}

TEST_CASE("64-bit processors run what is for 32, for want of better") {
  const Platform amd64{"linux", "amd64", ""};
  const Platform arm64{"linux", "arm64", ""};
  CHECK(match(amd64, {"linux", "386", ""}) > 0);
  CHECK(match(amd64, {"linux", "386", ""}) < match({"linux", "amd64", "v4"}, amd64));
  CHECK(match(arm64, {"linux", "arm", "v7"}) > match(arm64, {"linux", "arm", "v6"}));
  CHECK(match(arm64, {"linux", "arm", "v7"}) < match({"linux", "arm64", "v9"}, arm64));
  CHECK(match({"linux", "386", ""}, amd64) == 0);
  CHECK(match({"linux", "arm", "v8"}, arm64) == 0);
  CHECK(match(amd64, {"linux", "arm", "v7"}) == 0);
}
