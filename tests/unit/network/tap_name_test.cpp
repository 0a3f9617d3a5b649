// SPDX-License-Identifier: Apache-2.0
#include "network/driver.hpp"
#include "support/catch.hpp"

using namespace flintctl;

TEST_CASE("tap names come from uid and index, and fit an interface name") {
  const auto first = network::tap_name("0123456789abcdef", 0);
  CHECK(first.size() == 13);
  CHECK(network::is_tap_name(first));
  CHECK(first == network::tap_name("0123456789abcdef", 0));
  CHECK(first != network::tap_name("0123456789abcdef", 1));
  CHECK(first != network::tap_name("0123456789abcdee", 0));
}

TEST_CASE("only our own pattern is a tap of ours") {
  CHECK(network::is_tap_name("fltap00c0ffee"));
  CHECK_FALSE(network::is_tap_name("fltap00C0FFEE"));
  CHECK_FALSE(network::is_tap_name("fltap0"));
  CHECK_FALSE(network::is_tap_name("fltap00c0ffee0"));
  CHECK_FALSE(network::is_tap_name("tap000c0ffee"));
}
