// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "network/cidr.hpp"

namespace flintctl::network {

/// A network interface of the calling process's network namespace.
struct Interface {
  unsigned index = 0;
  std::string name;
  std::string kind;              ///< "bridge", "tun", "veth"; empty for hardware and loopback
  std::string hardware_address;  ///< "02:f1:…"; empty when it has none
  unsigned master = 0;           ///< index of the bridge or bond it belongs to, or 0
  bool up = false;               ///< set up; says nothing of a carrier
  std::vector<Cidr> addresses;   ///< IPv4

  [[nodiscard]] bool has(const Cidr& address) const;
};

/// One IPv4 route of the main table.
struct Route {
  Cidr destination;        ///< a prefix of 0: the default route
  unsigned interface = 0;  ///< index, or 0 for a route that leads nowhere (blackhole, multipath)
  std::uint32_t gateway = 0;
};

/// All interfaces, by index.
Result<std::vector<Interface>> list_interfaces();
/// The interface of that name, or nothing.
Result<std::optional<Interface>> find_interface(const std::string& name);
/// Unicast, blackhole, unreachable and prohibit routes of the main table.
Result<std::vector<Route>> list_routes();

/// A name that the kernel and nftables take alike: a letter, then letters, digits, '.', '_' and
/// '-', at most 15. invalid_argument otherwise.
Result<> check_interface_name(const std::string& name);

/// The hardware address of a bridge that flintctl makes: locally administered, made from the name.
/// One that follows the first port would change under the guests' feet; this one also tells,
/// without a record, that the bridge is flintctl's.
std::string bridge_hardware_address(const std::string& name);
/// Makes a bridge with that hardware address. already_exists when there is an interface of the
/// name.
Result<> create_bridge(const std::string& name);
/// Fine when the interface has it already.
Result<> add_address(unsigned index, const Cidr& address);
/// Fine when the interface does not have it.
Result<> remove_address(unsigned index, const Cidr& address);
Result<> set_up(unsigned index);

}  // namespace flintctl::network
