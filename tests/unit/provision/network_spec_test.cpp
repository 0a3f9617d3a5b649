// SPDX-License-Identifier: Apache-2.0
#include "provision/network_spec.hpp"

#include "support/catch.hpp"

using namespace flintctl;
using provision::NetworkSpec;

namespace {

network::Cidr cidr(const char* text) { return network::parse_cidr(text).value(); }

std::vector<network::Interface> interfaces() {
  return {{1, "lo", "", "", 0, true, {cidr("127.0.0.1/8")}},
          {2, "eth0", "", "", 0, true, {cidr("203.0.113.7/24")}},
          {3, "flintbr0", "bridge", "", 0, true, {cidr("192.168.100.1/24")}}};
}

const std::vector<network::Route> routes = {
    {cidr("0.0.0.0/0"), 2, 1}, {cidr("203.0.113.0/24"), 2, 0}, {cidr("192.168.100.0/24"), 3, 0}};

Code refused(const NetworkSpec& spec) {
  const auto result = provision::validate(spec);
  REQUIRE_FALSE(result);
  return result.error().code();
}

}  // namespace

TEST_CASE("a network that no host could have is refused") {
  CHECK(provision::validate({}));
  NetworkSpec spec;
  spec.bridge = "with space";
  CHECK(refused(spec) == Code::invalid_argument);
  spec = {};
  spec.address = cidr("192.168.100.0/24");
  CHECK(refused(spec) == Code::invalid_argument);
  spec = {};
  spec.uplink = spec.bridge;
  CHECK(refused(spec) == Code::invalid_argument);
  spec.uplink = "eth0";
  CHECK(provision::validate(spec));
  spec.translation = NetworkSpec::Translation::none;
  CHECK(refused(spec) == Code::invalid_argument);
}

TEST_CASE("the bridge itself and default routes are no conflicts") {
  CHECK(provision::find_conflict({}, interfaces(), routes).empty());
}

TEST_CASE("an address or a route in the same network is a conflict, whichever is wider") {
  auto host = interfaces();
  host[1].addresses.push_back(cidr("192.168.100.77/32"));
  CHECK(provision::find_conflict({}, host, routes) == "eth0 has the address 192.168.100.77/32");

  auto more = routes;
  more.push_back({cidr("192.168.0.0/16"), 2, 1});
  CHECK(provision::find_conflict({}, interfaces(), more) ==
        "a route leads to 192.168.0.0/16 through eth0");
  more.back() = {cidr("192.168.100.128/25"), 0, 0};
  CHECK(provision::find_conflict({}, interfaces(), more) ==
        "a route leads to 192.168.100.128/25 through no interface");
}

TEST_CASE("the address that is proposed instead is free") {
  auto host = interfaces();
  host[1].addresses = {cidr("192.168.100.7/24"), cidr("192.168.101.7/24")};
  CHECK(provision::free_address({}, host, routes).text() == "192.168.102.1/24");
  auto more = routes;
  more.push_back({cidr("192.168.0.0/16"), 2, 1});
  CHECK(provision::free_address({}, host, more).text() == "172.16.0.1/24");
  NetworkSpec wide;
  wide.address = cidr("10.7.0.9/12");
  more = {{cidr("172.16.0.0/12"), 2, 1}, {cidr("10.0.0.0/12"), 2, 1}};
  CHECK(provision::free_address(wide, host, more).text() == "10.23.0.9/12");
}

TEST_CASE("DHCP leaves the first addresses to people where there are enough") {
  auto range = provision::dhcp_range(cidr("192.168.100.1/24"));
  CHECK(network::address_text(range.first) == "192.168.100.10");
  CHECK(network::address_text(range.last) == "192.168.100.254");
  range = provision::dhcp_range(cidr("10.0.0.1/30"));
  CHECK(network::address_text(range.first) == "10.0.0.1");
  CHECK(network::address_text(range.last) == "10.0.0.2");
}

TEST_CASE("the unit runs the same command again, after what flushes every table") {
  NetworkSpec spec;
  spec.address = cidr("10.7.0.1/16");
  spec.uplink = "eth0";
  auto unit = provision::network_unit(spec, "/opt/with space/flintctl");
  CHECK(unit.find("ExecStart=\"/opt/with space/flintctl\" provision network --at-boot --bridge "
                  "flintbr0 --address 10.7.0.1/16 --uplink eth0\n") != std::string::npos);
  CHECK(unit.find("nftables.service") != std::string::npos);
  spec.uplink.clear();
  spec.translation = NetworkSpec::Translation::none;
  unit = provision::network_unit(spec, "/usr/local/bin/flintctl");
  CHECK(unit.find("--no-nat\n") != std::string::npos);
  CHECK(provision::network_unit_name("br-7.x") == "flintctl-network-br-7.x.service");
}
