// SPDX-License-Identifier: Apache-2.0
#include "network/links.hpp"

#include <algorithm>

#include "network/world.hpp"

using namespace flintctl;
using test::Namespace;

TEST_CASE("a bridge is made, addressed, read back and deleted") {
  const Namespace host;
  CHECK_FALSE(network::find_interface("flintbr0").value().has_value());
  REQUIRE(network::create_bridge("flintbr0"));
  const auto again = network::create_bridge("flintbr0");
  REQUIRE_FALSE(again);
  CHECK(again.error().code() == Code::already_exists);

  auto bridge = network::find_interface("flintbr0").value().value();
  CHECK(bridge.kind == "bridge");
  CHECK(bridge.hardware_address == network::bridge_hardware_address("flintbr0"));
  CHECK_FALSE(bridge.up);
  CHECK(bridge.addresses.empty());

  const auto address = network::parse_cidr("192.168.100.1/24").value();
  REQUIRE(network::add_address(bridge.index, address));
  REQUIRE(network::add_address(bridge.index, address));
  REQUIRE(network::set_up(bridge.index));
  bridge = network::find_interface("flintbr0").value().value();
  CHECK(bridge.up);
  CHECK(bridge.has(address));
  CHECK(bridge.addresses.size() == 1);
  const auto routes = network::list_routes().value();
  REQUIRE(routes.size() == 1);
  CHECK(routes.front().destination == address.net());
  CHECK(routes.front().interface == bridge.index);

  REQUIRE(network::delete_link(bridge.index));
  CHECK_FALSE(network::find_interface("flintbr0").value().has_value());
  CHECK(network::list_routes().value().empty());
}

TEST_CASE("ports and far ends of a bridge are listed with their kinds") {
  const Namespace far;
  const Namespace host;
  REQUIRE(network::create_bridge("br0"));
  test::connect_namespaces("port0", far, "eth0");
  test::join_bridge("port0", "br0");
  const auto bridge = network::find_interface("br0").value().value();
  const auto port = network::find_interface("port0").value().value();
  CHECK(port.kind == "veth");
  CHECK(port.master == bridge.index);
  // A hardware address of its own: the port's does not become the bridge's.
  CHECK(bridge.hardware_address == network::bridge_hardware_address("br0"));
  far.enter();
  CHECK(network::find_interface("eth0").value().has_value());
  CHECK(network::find_interface("lo").value()->has(network::parse_cidr("127.0.0.1/8").value()));
}

TEST_CASE("a list longer than one datagram is read whole") {
  const Namespace host;
  for (int i = 0; i < 100; ++i) REQUIRE(network::create_bridge("br" + std::to_string(i)));
  CHECK(network::list_interfaces().value().size() == 101);
}

TEST_CASE("a missing interface is an error that says what was attempted") {
  const Namespace host;
  const auto missing = network::set_up(4711);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message().find("setting an interface up") != std::string::npos);
}
