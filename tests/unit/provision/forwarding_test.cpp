// SPDX-License-Identifier: Apache-2.0
#include "provision/forwarding.hpp"

#include "place.hpp"

using namespace flintctl;
using network::Interface;
using provision::asks_for_forwarding;

namespace {

Interface interface(unsigned index, const char* name, const char* kind) {
  Interface made;
  made.index = index;
  made.name = name;
  made.kind = kind;
  made.addresses = {network::parse_cidr("10.0.0.1/8").value()};
  return made;
}

}  // namespace

TEST_CASE("a sysctl file's lines are read as sysctl.d has them") {
  CHECK(asks_for_forwarding("net.ipv4.ip_forward=1"));
  CHECK(asks_for_forwarding("# a word\n\n -net/ipv4/ip_forward = 1 \nx = 2\n"));
  CHECK(asks_for_forwarding("net.ipv4.conf.all.forwarding = 1\n"));
  CHECK_FALSE(asks_for_forwarding(""));
  CHECK_FALSE(asks_for_forwarding("net.ipv4.ip_forward = 0\n"));
  CHECK_FALSE(asks_for_forwarding("#net.ipv4.ip_forward = 1\n;net.ipv4.ip_forward = 1\n"));
  CHECK_FALSE(asks_for_forwarding("net.ipv6.conf.all.forwarding = 1\nnet.ipv4.ip_forward\n"));
}

TEST_CASE("an interface's sysctl keeps the dots of its name") {
  CHECK(provision::forwarding_sysctl_of("br.7") == "net.ipv4.conf.br/7.forwarding");
}

TEST_CASE("who needs forwarding beside flintctl is named, and nobody else") {
  testing::Place place;
  Interface own = interface(2, "flintbr0", "bridge");
  own.hardware_address = network::bridge_hardware_address("flintbr0");
  Interface card = interface(3, "eth0", "");
  card.master = 4;
  const std::vector<Interface> plain = {own, card, interface(4, "br0", "bridge"),
                                        interface(5, "tun0", "tun")};
  place.write(provision::forwarding_file(place.paths), "net.ipv4.ip_forward = 1\n");
  const auto need = [&](const std::vector<Interface>& interfaces,
                        const std::vector<std::string>& chains) {
    return provision::other_need_of_forwarding(place.paths, interfaces, chains).value_or("");
  };
  CHECK(need(plain, {}).empty());
  CHECK(need(plain, {"ip nat/POSTROUTING"}) == "the nftables chain 'ip nat/POSTROUTING'");
  auto more = plain;
  more.push_back(interface(6, "docker0", "bridge"));
  CHECK(need(more, {}) == "the bridge docker0");
  more.back().addresses.clear();
  CHECK(need(more, {}).empty());
  const std::string file = place.paths.etc + "/sysctl.conf";
  place.write(file, "net.ipv4.ip_forward = 1\n");
  CHECK(need(plain, {}) == file);
}
