// SPDX-License-Identifier: Apache-2.0
#include "provision/network_spec.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "provision/host_unit.hpp"

namespace flintctl::provision {
namespace {

using network::Cidr;

std::string name_of(const std::vector<network::Interface>& interfaces, unsigned index) {
  for (const network::Interface& interface : interfaces) {
    if (interface.index == index) return interface.name;
  }
  return "no interface";
}

std::string flags_of(const NetworkSpec& spec) {
  std::string flags = fmt::format("--bridge {} --address {}", spec.bridge, spec.address.text());
  if (spec.translation == NetworkSpec::Translation::none) flags += " --no-nat";
  if (!spec.uplink.empty()) flags += fmt::format(" --uplink {}", spec.uplink);
  return flags;
}

}  // namespace

Result<> validate(const NetworkSpec& spec) {
  TRY(network::check_interface_name(spec.bridge));
  TRY(network::check_host_address(spec.address));
  if (spec.uplink.empty()) return {};
  TRY(network::check_interface_name(spec.uplink));
  if (spec.uplink == spec.bridge) {
    return Error(Code::invalid_argument,
                 fmt::format("the bridge {} cannot be its own uplink", spec.bridge));
  }
  if (spec.translation == NetworkSpec::Translation::none) {
    return Error(Code::invalid_argument, "an uplink is of use with address translation only")
        .with_hint("leave out --no-nat or --uplink");
  }
  return {};
}

std::string find_conflict(const NetworkSpec& spec,
                          const std::vector<network::Interface>& interfaces,
                          const std::vector<network::Route>& routes) {
  for (const network::Interface& interface : interfaces) {
    if (interface.name == spec.bridge) continue;
    for (const Cidr& address : interface.addresses) {
      if (!address.overlaps(spec.address)) continue;
      return fmt::format("{} has the address {}", interface.name, address.text());
    }
  }
  for (const network::Route& route : routes) {
    const std::string through = name_of(interfaces, route.interface);
    if (route.destination.prefix == 0 || through == spec.bridge) continue;
    if (!route.destination.overlaps(spec.address)) continue;
    return fmt::format("a route leads to {} through {}", route.destination.text(), through);
  }
  return {};
}

Cidr free_address(const NetworkSpec& spec, const std::vector<network::Interface>& interfaces,
                  const std::vector<network::Route>& routes) {
  const std::uint32_t host = spec.address.address & ~spec.address.mask();
  // RFC 1918, those first that fewer use.
  for (const char* block : {"192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8"}) {
    const Cidr all = network::parse_cidr(block).value();
    if (all.prefix > spec.address.prefix) continue;
    // From .100 on, as the default has it, for networks of that size.
    const std::uint64_t step = std::uint64_t{1} << (32U - spec.address.prefix);
    const std::uint64_t start = all.address + (step <= 256 && all.prefix == 16 ? 100U << 8U : 0U);
    for (std::uint64_t net = start; net <= all.broadcast(); net += step) {
      NetworkSpec other = spec;
      other.address.address = static_cast<std::uint32_t>(net) | host;
      if (find_conflict(other, interfaces, routes).empty()) return other.address;
    }
  }
  return spec.address;
}

DhcpRange dhcp_range(const Cidr& address) {
  const std::uint32_t first = address.net().address + 1;
  const std::uint32_t last = address.broadcast() - 1;
  // The first nine stay for addresses that people give by hand, where there are enough.
  return {last - first > 20 ? first + 9 : first, last};
}

std::string dnsmasq_config(const NetworkSpec& spec, const std::string& lease_file) {
  const DhcpRange range = dhcp_range(spec.address);
  return fmt::format(
      "# Written by flintctl provision network.\n"
      "interface={0}\n"
      "except-interface=lo\n"
      "# Bound to the bridge's address alone, so that other name servers of this host do not "
      "mind.\n"
      "bind-dynamic\n"
      "no-hosts\n"
      "domain-needed\n"
      "bogus-priv\n"
      "dhcp-range={1},{2},{3},12h\n"
      "dhcp-authoritative\n"
      "dhcp-leasefile={4}\n",
      spec.bridge, network::address_text(range.first), network::address_text(range.last),
      network::address_text(spec.address.mask()), lease_file);
}

std::string network_command(const NetworkSpec& spec) {
  const bool dhcp = spec.dhcp == NetworkSpec::Dhcp::dnsmasq;
  return fmt::format("flintctl provision network {}{}", flags_of(spec), dhcp ? " --dhcp" : "");
}

std::string network_unit(const NetworkSpec& spec, const std::string& executable) {
  const std::string command =
      fmt::format("{} provision network --at-boot {}", quote_argument(executable), flags_of(spec));
  // Debian's nftables.service begins by flushing every table.
  return fmt::format(
      "# Written by flintctl provision network.\n"
      "[Unit]\n"
      "Description=Bridge {} of flintctl's VMs\n"
      "After=network-pre.target nftables.service systemd-sysctl.service\n"
      "Before=network.target\n"
      "RequiresMountsFor={}\n"
      "\n"
      "[Service]\n"
      "Type=oneshot\n"
      "RemainAfterExit=yes\n"
      "ExecStart={}\n"
      "\n"
      "[Install]\n"
      "WantedBy=multi-user.target\n",
      spec.bridge, executable, command);
}

std::string dnsmasq_unit(const NetworkSpec& spec, const std::string& program,
                         const std::string& config_file) {
  return fmt::format(
      "# Written by flintctl provision network.\n"
      "[Unit]\n"
      "Description=DHCP and DNS on the bridge {0}\n"
      "After={1}\n"
      "\n"
      "[Service]\n"
      "ExecStart={2} --keep-in-foreground --conf-file={3}\n"
      "Restart=on-failure\n"
      "\n"
      "[Install]\n"
      "WantedBy=multi-user.target\n",
      spec.bridge, network_unit_name(spec.bridge), program, config_file);
}

std::string network_unit_name(const std::string& bridge) {
  return fmt::format("flintctl-network-{}.service", escape_unit_name(bridge));
}

std::string dnsmasq_unit_name(const std::string& bridge) {
  return fmt::format("flintctl-dnsmasq-{}.service", escape_unit_name(bridge));
}

}  // namespace flintctl::provision
