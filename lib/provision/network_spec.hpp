// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "network/cidr.hpp"
#include "network/links.hpp"

namespace flintctl::provision {

/// The network of this host's VMs, as asked for.
struct NetworkSpec {
  std::string bridge = "flintbr0";
  /// The bridge's own: the guests' gateway, and the network they are in.
  network::Cidr address{0xc0a86401U, 24};  // 192.168.100.1/24
  enum class Translation { nat, none } translation = Translation::nat;
  std::string uplink;  ///< guests go out through this interface only; empty: through any
  enum class Dhcp { none, dnsmasq } dhcp = Dhcp::none;
  /// A unit that brings it back at boot; `none` is for the run of that very unit.
  enum class Boot { unit, none } boot = Boot::unit;
};

/// invalid_argument when the network cannot be on any host.
Result<> validate(const NetworkSpec& spec);

/// What of the host stands against the network, as a sentence, or nothing: another interface's
/// address, or a route to some of its addresses. Default routes do not count.
std::string find_conflict(const NetworkSpec& spec,
                          const std::vector<network::Interface>& interfaces,
                          const std::vector<network::Route>& routes);

/// The spec's address in the first network of the same size, among private ones, that conflicts
/// with nothing: what to propose. The spec's own when there is none.
network::Cidr free_address(const NetworkSpec& spec,
                           const std::vector<network::Interface>& interfaces,
                           const std::vector<network::Route>& routes);

/// The addresses that guests get from DHCP.
struct DhcpRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};
DhcpRange dhcp_range(const network::Cidr& address);

/// dnsmasq's configuration for the bridge. dnsmasq(8).
std::string dnsmasq_config(const NetworkSpec& spec, const std::string& lease_file);
/// The command that makes this network whatever host.toml says: "flintctl provision network
/// --bridge …", to be named to a person.
std::string network_command(const NetworkSpec& spec);
/// The unit that runs the same command again at boot. systemd.service(5).
std::string network_unit(const NetworkSpec& spec, const std::string& executable);
/// The unit that runs dnsmasq with that configuration.
std::string dnsmasq_unit(const NetworkSpec& spec, const std::string& program,
                         const std::string& config_file);

/// "flintctl-network-<bridge>.service", "flintctl-dnsmasq-<bridge>.service".
std::string network_unit_name(const std::string& bridge);
std::string dnsmasq_unit_name(const std::string& bridge);

}  // namespace flintctl::provision
