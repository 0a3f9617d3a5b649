// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>

#include <string>

#include "core/unique_fd.hpp"
#include "network/links.hpp"
#include "network/netlink.hpp"
#include "support/catch.hpp"

namespace flintctl::test {

/// Network namespaces of the test's own; the calling thread is moved between them. Sockets stay in
/// the namespace in which they were opened.
class Namespace {
 public:
  /// A new, empty one, entered.
  Namespace() {
    REQUIRE(::unshare(CLONE_NEWNET) == 0);
    fd_.reset(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    REQUIRE(fd_);
    up("lo");
  }
  void enter() const { REQUIRE(::setns(fd_.get(), CLONE_NEWNET) == 0); }
  [[nodiscard]] int fd() const { return fd_.get(); }

  /// Of the current namespace.
  static void up(const char* name) { REQUIRE(network::set_up(::if_nametoindex(name))); }
  static void address(const char* name, const char* cidr) {
    REQUIRE(network::add_address(::if_nametoindex(name), network::parse_cidr(cidr).value()));
    up(name);
  }

 private:
  UniqueFd fd_;
};

/// A cable from `name` in the current namespace to `peer` in the other.
inline void connect_namespaces(const char* name, const Namespace& other, const char* peer) {
  const ifinfomsg link = {};
  network::Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, link);
  message.add_text(IFLA_IFNAME, name);
  const auto info = message.open(IFLA_LINKINFO);
  message.add_text(IFLA_INFO_KIND, "veth");
  const auto data = message.open(IFLA_INFO_DATA);
  const auto far = message.open(VETH_INFO_PEER);
  // The peer's attributes follow a link header of their own.
  const std::string blank(sizeof link, '\0');
  message.append_raw(blank);
  message.add_text(IFLA_IFNAME, peer);
  message.add(IFLA_NET_NS_FD, static_cast<std::uint32_t>(other.fd()));
  message.close(far);
  message.close(data);
  message.close(info);
  REQUIRE(network::request(message, "laying a cable"));
}

/// Joins `port` to a bridge.
inline void join_bridge(const char* port, const char* bridge) {
  ifinfomsg link = {};
  link.ifi_index = static_cast<int>(::if_nametoindex(port));
  network::Message message(RTM_SETLINK, 0, link);
  message.add(IFLA_MASTER, ::if_nametoindex(bridge));
  REQUIRE(network::request(message, "joining a bridge"));
  Namespace::up(port);
}

/// A route; a prefix of 0 is the default route.
inline void add_route(const char* cidr, const char* gateway) {
  const auto destination = network::parse_cidr(cidr).value();
  rtmsg header = {};
  header.rtm_family = AF_INET;
  header.rtm_dst_len = static_cast<unsigned char>(destination.prefix);
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_type = RTN_UNICAST;
  network::Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, header);
  message.add(RTA_DST, __builtin_bswap32(destination.address));
  message.add(RTA_GATEWAY, __builtin_bswap32(network::parse_address(gateway).value()));
  REQUIRE(network::request(message, "adding a route"));
}

}  // namespace flintctl::test
