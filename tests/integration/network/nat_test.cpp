// SPDX-License-Identifier: Apache-2.0
#include "network/nat.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>

#include "network/links.hpp"
#include "network/world.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using test::Namespace;

namespace {

sockaddr_in endpoint(const char* address, std::uint16_t port) {
  sockaddr_in at = {};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(network::parse_address(address).value());
  return at;
}

UniqueFd datagrams(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto at = endpoint("0.0.0.0", port);
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  return fd;
}

void send_to(const UniqueFd& fd, const std::string& text, const sockaddr_in& to) {
  REQUIRE(::sendto(fd.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                   sizeof to) == static_cast<ssize_t>(text.size()));
}

struct Datagram {
  std::string text;
  sockaddr_in from = {};
};

Datagram receive(const UniqueFd& fd) {
  pollfd waiting = {fd.get(), POLLIN, 0};
  REQUIRE(::poll(&waiting, 1, 10000) == 1);
  Datagram datagram;
  datagram.text.resize(100);
  socklen_t size = sizeof datagram.from;
  const ssize_t length = ::recvfrom(fd.get(), datagram.text.data(), datagram.text.size(), 0,
                                    reinterpret_cast<sockaddr*>(&datagram.from), &size);
  REQUIRE(length >= 0);
  datagram.text.resize(static_cast<std::size_t>(length));
  return datagram;
}

/// guest -- (bridge) host -- world, with the guest's default route through the bridge.
struct Topology {
  Namespace world, guest, host;  // the last one made is the one entered

  Topology() {
    REQUIRE(network::create_bridge("flintbr0"));
    Namespace::address("flintbr0", "192.168.100.1/24");
    test::connect_namespaces("port0", guest, "eth0");
    test::join_bridge("port0", "flintbr0");
    test::connect_namespaces("uplink", world, "eth0");
    Namespace::address("uplink", "203.0.113.1/24");
    REQUIRE(sys::write_attribute("/proc/sys/net/ipv4/ip_forward", "1"));
    guest.enter();
    Namespace::address("eth0", "192.168.100.10/24");
    test::add_route("0.0.0.0/0", "192.168.100.1");
    world.enter();
    Namespace::address("eth0", "203.0.113.2/24");
    test::add_route("192.168.100.0/24", "203.0.113.1");
    host.enter();
  }
};

const network::Nat nat{"flintbr0", network::parse_cidr("192.168.100.1/24").value(), ""};

}  // namespace

TEST_CASE("guests reach the world behind the host's address, and only answers come back") {
  const Topology net;
  auto tables = network::Nftables::open().value();
  CHECK(tables.state(nat).value() == network::NatState::absent);
  REQUIRE(tables.try_out(nat));
  CHECK(tables.state(nat).value() == network::NatState::absent);
  REQUIRE(tables.apply(nat));
  CHECK(tables.state(nat).value() == network::NatState::present);

  net.guest.enter();
  const auto guest = datagrams(4000);
  net.world.enter();
  const auto world = datagrams(7000);
  const auto stranger = datagrams(7001);

  send_to(guest, "hello", endpoint("203.0.113.2", 7000));
  const auto heard = receive(world);
  CHECK(heard.text == "hello");
  CHECK(heard.from.sin_addr.s_addr == endpoint("203.0.113.1", 0).sin_addr.s_addr);
  // The uninvited datagram takes the same way before the answer, and does not arrive.
  send_to(stranger, "uninvited", endpoint("192.168.100.10", 4000));
  send_to(world, "answer", heard.from);
  CHECK(receive(guest).text == "answer");
  net.host.enter();

  REQUIRE(tables.remove("flintbr0"));
  CHECK(tables.state(nat).value() == network::NatState::absent);
  // Without the table the host is a plain router: it was the table that kept strangers out.
  send_to(stranger, "routed", endpoint("192.168.100.10", 4000));
  CHECK(receive(guest).text == "routed");
}

TEST_CASE("a table that somebody changed is seen and replaced, others are left alone") {
  const Namespace host;
  auto tables = network::Nftables::open().value();
  REQUIRE(std::system("nft add table ip other") == 0);
  REQUIRE(tables.apply(nat));
  REQUIRE(tables.apply(nat));
  CHECK(tables.state(nat).value() == network::NatState::present);
  CHECK(tables.bridges().value() == std::vector<std::string>{"flintbr0"});

  REQUIRE(std::system("nft flush chain ip flintctl-flintbr0 postrouting") == 0);
  CHECK(tables.state(nat).value() == network::NatState::different);
  REQUIRE(tables.apply(nat));
  CHECK(tables.state(nat).value() == network::NatState::present);

  auto elsewhere = nat;
  elsewhere.uplink = "eth7";
  CHECK(tables.state(elsewhere).value() == network::NatState::different);
  auto second = nat;
  second.bridge = "br-2.x";
  second.net = network::parse_cidr("10.9.0.1/16").value();
  REQUIRE(tables.apply(second));
  CHECK(tables.state(second).value() == network::NatState::present);
  CHECK(tables.state(nat).value() == network::NatState::present);

  REQUIRE(tables.remove("flintbr0"));
  REQUIRE(tables.remove("flintbr0"));
  CHECK(tables.bridges().value() == std::vector<std::string>{"br-2.x"});
  CHECK(std::system("nft list table ip other >/dev/null") == 0);
}

TEST_CASE("others' chains that would drop the guests' packets are named") {
  const Namespace host;
  auto tables = network::Nftables::open().value();
  REQUIRE(tables.apply(nat));
  CHECK(tables.dropping_chains().value().empty());
  REQUIRE(std::system("nft 'table inet fw { chain forward { type filter hook forward priority 0; "
                      "policy drop; }; chain input { type filter hook input priority 0; policy "
                      "drop; }; }'") == 0);
  CHECK(tables.dropping_chains().value() == std::vector<std::string>{"inet fw/forward"});
}
