// SPDX-License-Identifier: Apache-2.0
#include "network/netlink.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstring>

#include "network/links.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using network::Attributes;
using network::Message;

namespace {

std::string payload_of(const Message& message) {
  return message.bytes(7, NLM_F_ACK).substr(NLMSG_HDRLEN);
}

}  // namespace

TEST_CASE("attributes are found again in what was built") {
  ifinfomsg link = {};
  Message message(RTM_NEWLINK, NLM_F_CREATE, link);
  message.add_text(IFLA_IFNAME, "br0");
  message.add(IFLA_MASTER, 42U);
  const auto nested = message.open(IFLA_LINKINFO);
  message.add_text(IFLA_INFO_KIND, "bridge");
  message.close(nested);

  const auto bytes = message.bytes(7, NLM_F_ACK);
  nlmsghdr header = {};
  std::memcpy(&header, bytes.data(), sizeof header);
  CHECK(header.nlmsg_len == bytes.size());
  CHECK(header.nlmsg_type == RTM_NEWLINK);
  CHECK(header.nlmsg_flags == (NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK));
  CHECK(header.nlmsg_seq == 7U);

  const auto payload = payload_of(message);
  const Attributes attributes(payload, sizeof link);
  CHECK(attributes.text(IFLA_IFNAME) == "br0");
  CHECK(attributes.number(IFLA_MASTER) == 42U);
  CHECK(attributes.number(IFLA_MTU, 9U) == 9U);
  CHECK(Attributes(attributes.find(IFLA_LINKINFO), 0).text(IFLA_INFO_KIND) == "bridge");
}

TEST_CASE("attributes that lie about their length are no attributes") {
  rtattr attribute = {};
  attribute.rta_type = IFLA_IFNAME;
  for (const unsigned length : {0U, 3U, 200U}) {
    attribute.rta_len = static_cast<unsigned short>(length);
    const std::string bytes(reinterpret_cast<const char*>(&attribute), sizeof attribute);
    CHECK(Attributes(bytes, 0).find(IFLA_IFNAME).empty());
    CHECK(Attributes(bytes, 500).find(IFLA_IFNAME).empty());
  }
}

TEST_CASE("a bridge's hardware address follows from its name") {
  const auto address = network::bridge_hardware_address("flintbr0");
  CHECK(address == network::bridge_hardware_address("flintbr0"));
  CHECK(address != network::bridge_hardware_address("flintbr1"));
  CHECK(address.size() == 17);
  CHECK(address.starts_with("02:f1:"));
}

TEST_CASE("names of interfaces that nftables or the kernel would not take are refused") {
  for (const char* name : {"flintbr0", "b", "br-lan.7", "abcdefghijklmno"}) {
    CHECK(network::check_interface_name(name));
  }
  for (const char* name :
       {"", "0br", "br 0", "br/0", "abcdefghijklmnop", "br\"0", "-br", "br0\n"}) {
    INFO(name);
    const auto refused = network::check_interface_name(name);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::invalid_argument);
  }
}
