// SPDX-License-Identifier: Apache-2.0
#include "network/cidr.hpp"

#include "support/catch.hpp"

using namespace flintctl;
using network::parse_cidr;

TEST_CASE("networks are read and written") {
  const auto cidr = parse_cidr("192.168.100.1/24").value();
  CHECK(cidr.address == 0xc0a86401U);
  CHECK(cidr.text() == "192.168.100.1/24");
  CHECK(cidr.net().text() == "192.168.100.0/24");
  CHECK(network::address_text(cidr.broadcast()) == "192.168.100.255");
  CHECK(parse_cidr("0.0.0.0/0").value().mask() == 0U);
  CHECK(parse_cidr("10.0.0.1/32").value().mask() == 0xffffffffU);
  CHECK(network::parse_address("10.1.2.3").value() == 0x0a010203U);
}

TEST_CASE("what is no network is refused") {
  for (const char* text : {"", "1.2.3/24", "1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.256/8",
                           "1.2.3.4/24 ", " 1.2.3.4/24", "1.2.3.4.5/8", "01.2.3.4/8", "1.2.3.4/08",
                           "-1.2.3.4/8", "1..3.4/8", "fd00::1/64", "1.2.3.4/99999999999"}) {
    INFO(text);
    const auto cidr = parse_cidr(text);
    REQUIRE_FALSE(cidr);
    CHECK(cidr.error().code() == Code::invalid_argument);
    CHECK_FALSE(cidr.error().hint().empty());
  }
  CHECK_FALSE(network::parse_address("1.2.3.4/24"));
}

TEST_CASE("networks overlap when one holds the other") {
  const auto overlap = [](const char* a, const char* b) {
    const auto one = parse_cidr(a).value();
    const auto other = parse_cidr(b).value();
    CHECK(one.overlaps(other) == other.overlaps(one));
    return one.overlaps(other);
  };
  CHECK(overlap("192.168.100.1/24", "192.168.0.0/16"));
  CHECK(overlap("192.168.100.1/24", "192.168.100.200/32"));
  CHECK(overlap("192.168.100.1/24", "192.168.100.7/24"));
  CHECK_FALSE(overlap("192.168.100.1/24", "192.168.101.1/24"));
  CHECK_FALSE(overlap("192.168.100.1/25", "192.168.100.129/25"));
  CHECK(overlap("192.168.100.1/24", "0.0.0.0/0"));
}

TEST_CASE("a host's address is one of its network that a host may have") {
  const auto fits = [](const char* text) {
    return network::check_host_address(parse_cidr(text).value()).has_value();
  };
  CHECK(fits("192.168.100.1/24"));
  CHECK(fits("10.0.0.1/8"));
  CHECK(fits("172.16.0.1/30"));
  CHECK_FALSE(fits("192.168.100.0/24"));
  CHECK_FALSE(fits("192.168.100.255/24"));
  CHECK_FALSE(fits("192.168.100.1/31"));
  CHECK_FALSE(fits("1.0.0.1/7"));
  CHECK_FALSE(fits("127.0.0.1/8"));
  CHECK_FALSE(fits("224.0.0.1/24"));
  CHECK_FALSE(fits("0.0.0.1/8"));
}
