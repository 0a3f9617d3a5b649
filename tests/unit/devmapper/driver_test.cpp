// SPDX-License-Identifier: Apache-2.0
#include "devmapper/driver.hpp"

#include "support/catch.hpp"
#include "support/fake_devmapper.hpp"

using namespace flintctl;
using testing::FakeDevmapper;
using testing::Fault;

TEST_CASE("a dm name is made of characters that need no quoting") {
  for (const char* name : {"flintlock-dev-thinpool", "p", "0pool", "a+b-c.d:e=f@g_h"}) {
    CHECK(devmapper::check_name(name));
  }
  CHECK(devmapper::check_name(std::string(100, 'x')));
  for (const std::string name :
       {"", "control", "-p", ".p", "a b", "a/b", "../x", "p\n", "\xc3\xa4", "a#b"}) {
    const Result<> result = devmapper::check_name(name);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::invalid_argument);
    CHECK_FALSE(result.error().hint().empty());
  }
  CHECK_FALSE(devmapper::check_name(std::string(101, 'x')));
}

TEST_CASE("device numbers and lines are read and written as dmsetup does") {
  const auto number = devmapper::parse_device_number("254:13");
  REQUIRE(number);
  CHECK(number->major == 254);
  CHECK(number->minor == 13);
  CHECK(number->text() == "254:13");
  for (const char* text : {"", "7", "7:", ":1", "7:1x", "-7:1", "/dev/loop1", "7:1:2"}) {
    CHECK_FALSE(devmapper::parse_device_number(text));
  }
  CHECK(devmapper::Target{0, 8, "error", ""}.text() == "0 8 error");
  CHECK(devmapper::Target{8, 16, "linear", "7:1 0"}.text() == "8 16 linear 7:1 0");
}

TEST_CASE("activation leaves no device when one of its steps fails") {
  const devmapper::Table table = {{0, 8, "error", ""}};
  int failures = 0;
  for (int n = 1;; ++n) {
    Fault fault;
    fault.fail_at = n;
    FakeDevmapper driver(fault);
    const Result<> result = devmapper::activate(driver, "x", "FLINTCTL-x", table);
    if (!fault.struck) {
      REQUIRE(result);
      CHECK(driver.devices.at("x").live == table);
      CHECK(driver.devices.at("x").uuid == "FLINTCTL-x");
      CHECK(driver.devices.at("x").has_node);
      break;
    }
    ++failures;
    REQUIRE_FALSE(result);
    CHECK(driver.devices.empty());
  }
  CHECK(failures == 4);
}

TEST_CASE("activation does not take away a device that was there before") {
  Fault fault;
  FakeDevmapper driver(fault);
  driver.add("x", {0, 8, "linear", "7:1 0"}, "");
  CHECK_FALSE(devmapper::activate(driver, "x", "", {{0, 8, "error", ""}}));
  CHECK(driver.devices.at("x").live.front().type == "linear");
}

TEST_CASE("opening says whether this host has a device-mapper that we may use") {
  const auto driver = devmapper::open();
  if (driver) {
    const auto version = (*driver)->version();
    REQUIRE(version);
    CHECK(version->major >= 4);
    return;
  }
  const Code code = driver.error().code();
  CHECK((code == Code::host_not_ready || code == Code::permission_denied));
  CHECK_FALSE(driver.error().hint().empty());
  if (code == Code::host_not_ready) {
    CHECK(driver.error().message() == "this kernel has no device-mapper");
  }
}
