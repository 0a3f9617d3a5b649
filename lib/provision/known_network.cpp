// SPDX-License-Identifier: Apache-2.0
#include "provision/known_network.hpp"

namespace flintctl::provision {

data::Value network_details(const NetworkSpec& spec) {
  return data::Value::object({{"address", spec.address.text()},
                              {"nat", spec.translation == NetworkSpec::Translation::nat},
                              {"uplink", spec.uplink},
                              {"dhcp", spec.dhcp == NetworkSpec::Dhcp::dnsmasq}});
}

std::vector<NetworkSpec> recorded_networks(const HostPaths& paths) {
  std::vector<NetworkSpec> networks;
  const auto record = Record::open(paths.record());
  if (!record) return networks;
  for (const Change& change : record->changes()) {
    if (change.step != "network" || change.kind != "bridge") continue;
    NetworkSpec spec;
    spec.bridge = change.target;
    const auto address = network::parse_cidr(change.details.string_or("address"));
    if (!address) continue;
    spec.address = *address;
    spec.uplink = change.details.string_or("uplink");
    if (!change.details.bool_or("nat", true)) spec.translation = NetworkSpec::Translation::none;
    if (change.details.bool_or("dhcp", false)) spec.dhcp = NetworkSpec::Dhcp::dnsmasq;
    if (validate(spec)) networks.push_back(std::move(spec));
  }
  return networks;
}

}  // namespace flintctl::provision
