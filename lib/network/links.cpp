// SPDX-License-Identifier: Apache-2.0
#include "network/links.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "network/netlink.hpp"
#include "sys/host.hpp"

namespace flintctl::network {
namespace {

template <typename Header>
Header header_of(std::string_view payload) {
  Header header = {};
  std::memcpy(&header, payload.data(), std::min(payload.size(), sizeof header));
  return header;
}

std::string hardware_text(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += fmt::format("{}{:02x}", text.empty() ? "" : ":", static_cast<unsigned char>(byte));
  }
  return text;
}

Interface to_interface(std::string_view payload) {
  const auto header = header_of<ifinfomsg>(payload);
  const Attributes attributes(payload, sizeof header);
  Interface interface;
  interface.index = static_cast<unsigned>(header.ifi_index);
  interface.name = attributes.text(IFLA_IFNAME);
  interface.hardware_address = hardware_text(attributes.find(IFLA_ADDRESS));
  interface.master = attributes.number(IFLA_MASTER);
  interface.up = (header.ifi_flags & static_cast<unsigned>(IFF_UP)) != 0;
  interface.kind = Attributes(attributes.find(IFLA_LINKINFO), 0).text(IFLA_INFO_KIND);
  return interface;
}

void add_addresses(std::vector<Interface>& interfaces, std::string_view payload) {
  const auto header = header_of<ifaddrmsg>(payload);
  const Attributes attributes(payload, sizeof header);
  // On a point-to-point link IFA_ADDRESS is the peer's; IFA_LOCAL is always this side's.
  const std::uint32_t address = ntohl(attributes.number(IFA_LOCAL, attributes.number(IFA_ADDRESS)));
  for (Interface& interface : interfaces) {
    if (interface.index == header.ifa_index) {
      interface.addresses.push_back({address, header.ifa_prefixlen});
    }
  }
}

std::string bridge_hardware_bytes(const std::string& name) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  std::string bytes = {'\x02', '\xf1'};
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(hash >> shift);
  return bytes;
}

Message address_message(std::uint16_t type, std::uint16_t flags, unsigned index,
                        const Cidr& address) {
  ifaddrmsg header = {};
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = static_cast<unsigned char>(address.prefix);
  header.ifa_index = index;
  Message message(type, flags, header);
  message.add(IFA_LOCAL, htonl(address.address));
  message.add(IFA_ADDRESS, htonl(address.address));
  return message;
}

}  // namespace

bool Interface::has(const Cidr& address) const {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

Result<std::vector<Interface>> list_interfaces() {
  std::vector<Interface> interfaces;
  ifinfomsg links = {};
  links.ifi_family = AF_UNSPEC;
  TRY(dump(
      Message(RTM_GETLINK, 0, links),
      [&](std::string_view payload) { interfaces.push_back(to_interface(payload)); },
      "listing interfaces"));
  ifaddrmsg addresses = {};
  addresses.ifa_family = AF_INET;
  TRY(dump(
      Message(RTM_GETADDR, 0, addresses),
      [&](std::string_view payload) { add_addresses(interfaces, payload); }, "listing addresses"));
  return interfaces;
}

Result<std::optional<Interface>> find_interface(const std::string& name) {
  for (Interface& interface : TRY(list_interfaces())) {
    if (interface.name == name) return std::optional(std::move(interface));
  }
  return std::optional<Interface>();
}

Result<std::vector<Route>> list_routes() {
  std::vector<Route> routes;
  rtmsg header = {};
  header.rtm_family = AF_INET;
  const auto keep = [&](std::string_view payload) {
    const auto route = header_of<rtmsg>(payload);
    const Attributes attributes(payload, sizeof route);
    const bool leads = route.rtm_type == RTN_UNICAST || route.rtm_type == RTN_BLACKHOLE ||
                       route.rtm_type == RTN_UNREACHABLE || route.rtm_type == RTN_PROHIBIT;
    if (!leads || attributes.number(RTA_TABLE, route.rtm_table) != RT_TABLE_MAIN) return;
    routes.push_back({{ntohl(attributes.number(RTA_DST)), route.rtm_dst_len},
                      attributes.number(RTA_OIF),
                      ntohl(attributes.number(RTA_GATEWAY))});
  };
  TRY(dump(Message(RTM_GETROUTE, 0, header), keep, "listing routes"));
  return routes;
}

Result<> check_interface_name(const std::string& name) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::string known = std::string(letters) + "0123456789._-";
  if (!name.empty() && name.size() < IFNAMSIZ && letters.find(name[0]) != std::string_view::npos &&
      name.find_first_not_of(known) == std::string::npos) {
    return {};
  }
  return Error(Code::invalid_argument, fmt::format("'{}' is no name for an interface", name))
      .with_hint(fmt::format(
          "use a letter, then letters, digits, '.', '_' and '-', at most {} in all", IFNAMSIZ - 1));
}

std::string bridge_hardware_address(const std::string& name) {
  return hardware_text(bridge_hardware_bytes(name));
}

Result<> create_bridge(const std::string& name) {
  const ifinfomsg link = {};
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, link);
  message.add_text(IFLA_IFNAME, name);
  const std::string address = bridge_hardware_bytes(name);
  message.add(IFLA_ADDRESS, address.data(), address.size());
  const auto info = message.open(IFLA_LINKINFO);
  message.add_text(IFLA_INFO_KIND, "bridge");
  message.close(info);
  const std::string what = fmt::format("creating the bridge {}", name);
  auto created = request(message, what);
  if (created || created.error().code() == Code::already_exists ||
      created.error().code() == Code::permission_denied) {
    return created;
  }
  TRY(sys::load_module("bridge"));
  return request(message, what);
}

Result<> add_address(unsigned index, const Cidr& address) {
  Message message = address_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address);
  message.add(IFA_BROADCAST, htonl(address.broadcast()));
  auto added = request(message, fmt::format("giving an interface the address {}", address.text()));
  if (!added && added.error().code() == Code::already_exists) return {};
  return added;
}

Result<> remove_address(unsigned index, const Cidr& address) {
  for (const Interface& interface : TRY(list_interfaces())) {
    if (interface.index != index || !interface.has(address)) continue;
    return request(address_message(RTM_DELADDR, 0, index, address),
                   fmt::format("taking the address {} from an interface", address.text()));
  }
  return {};
}

Result<> set_up(unsigned index) {
  ifinfomsg link = {};
  link.ifi_index = static_cast<int>(index);
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  return request(Message(RTM_NEWLINK, 0, link), "setting an interface up");
}

}  // namespace flintctl::network
