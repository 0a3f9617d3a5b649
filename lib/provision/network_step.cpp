// SPDX-License-Identifier: Apache-2.0
#include "provision/network_step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "network/netlink.hpp"
#include "provision/forwarding.hpp"
#include "provision/host_file.hpp"
#include "provision/known_network.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"

namespace flintctl::provision {
namespace {

using network::Interface;

const std::string forwarding(forwarding_sysctl);

HostFile sysctl_file(const HostPaths& paths) {
  return {forwarding_file(paths),
          fmt::format("# Written by flintctl provision network: VMs reach the world through this "
                      "host.\n{} = 1\n",
                      forwarding)};
}

HostFolder lease_folder(const HostPaths& paths) { return {paths.state + "/dnsmasq"}; }

HostFile dnsmasq_file(const NetworkSpec& spec, const HostPaths& paths) {
  return {fmt::format("{}/flintctl/dnsmasq-{}.conf", paths.etc, spec.bridge),
          dnsmasq_config(spec, fmt::format("{}/{}.leases", lease_folder(paths).path, spec.bridge))};
}

bool wants_dhcp(const NetworkSpec& spec) { return spec.dhcp == NetworkSpec::Dhcp::dnsmasq; }

Error taken(const NetworkSpec& spec, std::string why, const network::Cidr& other) {
  return Error(Code::already_exists, fmt::format("the network {} cannot be used: {}",
                                                 spec.address.net().text(), std::move(why)))
      .with_hint(other == spec.address
                     ? std::string("no private network of that size is free here: choose a smaller "
                                   "one with --address, or address in [network] of host.toml")
                     : fmt::format("choose another one: --address {0}, or address = \"{0}\" in "
                                   "[network] of host.toml",
                                   other.text()));
}

/// What is amiss with the bridge itself, in words; empty when nothing is.
std::string bridge_trouble(const Interface& bridge, const NetworkSpec& spec) {
  if (!bridge.has(spec.address)) return fmt::format("lacks the address {}", spec.address.text());
  if (!bridge.up) return "is down";
  return {};
}

/// Guests know the address as their gateway.
Error in_use(const NetworkSpec& spec, const network::Cidr& address, const std::string& ports) {
  return Error(Code::aborted, fmt::format("the bridge {} has the address {} and is in use by {}",
                                          spec.bridge, address.text(), ports))
      .with_hint(fmt::format("delete the VMs first: flintctl vm list -A shows them; or keep the "
                             "address: --address {0}, or address = \"{0}\" in [network] of "
                             "host.toml",
                             address.text()));
}

constexpr auto another_name = "choose another name: --bridge, or bridge in [network] of host.toml";

std::string ports_of(const Interface& bridge, const std::vector<Interface>& interfaces) {
  std::string ports;
  for (const Interface& interface : interfaces) {
    if (interface.master != bridge.index) continue;
    ports += fmt::format("{}{}", ports.empty() ? "" : ", ", interface.name);
  }
  return ports;
}

}  // namespace

/// The host's interfaces, and the bridge among them if it is there.
struct NetworkStep::Host {
  std::vector<Interface> interfaces;
  std::optional<Interface> bridge;
  [[nodiscard]] bool own_bridge() const { return bridge && is_own_bridge(*bridge); }
};

NetworkStep::NetworkStep(NetworkSpec spec, HostPaths paths, Services& services, Modules kernel)
    : spec_(std::move(spec)),
      paths_(std::move(paths)),
      services_(services),
      translation_(spec_, std::move(kernel)) {}

Result<NetworkStep::Host> NetworkStep::look() {
  TRY(validate(spec_));
  Host host{TRY(network::list_interfaces()), std::nullopt};
  const auto routes = TRY(network::list_routes());
  for (const Interface& interface : host.interfaces) {
    if (interface.name == spec_.bridge) host.bridge = interface;
  }
  const std::string conflict = find_conflict(spec_, host.interfaces, routes);
  if (!conflict.empty()) {
    return taken(spec_, conflict, free_address(spec_, host.interfaces, routes));
  }
  if (!host.bridge) return host;
  if (is_own_bridge(*host.bridge)) {
    const bool moves = !host.bridge->addresses.empty() && !host.bridge->has(spec_.address);
    if (const auto ports = ports_of(*host.bridge, host.interfaces); moves && !ports.empty()) {
      return in_use(spec_, host.bridge->addresses.front(), ports);
    }
    return host;
  }
  if (host.bridge->kind != "bridge") {
    return Error(Code::already_exists,
                 fmt::format("an interface {} exists and is no bridge", spec_.bridge))
        .with_hint(another_name);
  }
  const std::string trouble = bridge_trouble(*host.bridge, spec_);
  if (trouble.empty()) return host;
  return Error(Code::already_exists,
               fmt::format("the bridge {} was made by another, and {}", spec_.bridge, trouble))
      .with_hint(fmt::format("{}; or see to it yourself", another_name));
}

Result<std::vector<HostUnit>> NetworkStep::units() const {
  std::vector<HostUnit> units;
  if (spec_.boot == NetworkSpec::Boot::none || !services_.running()) return units;
  units.push_back(
      {network_unit_name(spec_.bridge), network_unit(spec_, TRY(sys::own_executable()))});
  if (!wants_dhcp(spec_)) return units;
  const std::string program = TRY(sys::find_program("dnsmasq"));
  units.push_back({dnsmasq_unit_name(spec_.bridge),
                   dnsmasq_unit(spec_, program, dnsmasq_file(spec_, paths_).path)});
  return units;
}

Result<> NetworkStep::add_kernel_items(const Host& host, Finding& finding) const {
  constexpr auto off = "is 0, not 1";
  const std::string subject = "bridge " + spec_.bridge;
  if (!host.bridge) {
    finding.items.push_back({State::missing, subject, spec_.address.text()});
  } else {
    const std::string trouble = bridge_trouble(*host.bridge, spec_);
    finding.items.push_back({trouble.empty() ? State::in_place : State::differs, subject, trouble});
  }
  const bool on = TRY(forwards());
  finding.items.push_back(
      {on ? State::in_place : State::missing, "sysctl " + forwarding, on ? "" : off, "change"});
  // Without the host's it is off for every interface.
  if (on && host.bridge && !TRY(forwards_from(spec_.bridge))) {
    finding.items.push_back({State::differs, "sysctl " + forwarding_sysctl_of(spec_.bridge), off});
  }
  return translation_.add_item(host.own_bridge(), finding);
}

Result<> NetworkStep::add_file_items(Finding& finding) {
  if (spec_.boot == NetworkSpec::Boot::none) return {};
  finding.items.push_back(check_file(sysctl_file(paths_)));
  if (wants_dhcp(spec_)) {
    finding.items.push_back(check_folder(lease_folder(paths_)));
    finding.items.push_back(check_file(dnsmasq_file(spec_, paths_)));
  } else if (const std::string path = dnsmasq_file(spec_, paths_).path; sys::exists(path)) {
    finding.items.push_back({State::differs, path, "is there, and DHCP is not asked for"});
  }
  for (const HostUnit& unit : TRY(units())) {
    for (Item& item : TRY(check_unit(unit, paths_, services_))) {
      finding.items.push_back(std::move(item));
    }
  }
  return {};
}

Result<> NetworkStep::add_warnings(Finding& finding) const {
  if (!services_.running() && spec_.boot == NetworkSpec::Boot::unit) {
    finding.warnings.push_back("systemd does not run here: after a reboot run " +
                               network_command(spec_));
  }
  if (const std::string& uplink = spec_.uplink;
      !uplink.empty() && !TRY(network::find_interface(uplink))) {
    finding.warnings.push_back(
        fmt::format("there is no interface {}: guests reach nothing until it is there", uplink));
  }
  for (const std::string& chain : TRY(translation_.dropping_chains())) {
    finding.warnings.push_back(
        fmt::format("the nftables chain '{}' drops what it does not accept: packets of {} must be "
                    "accepted there",
                    chain, spec_.bridge));
  }
  return {};
}

Result<Finding> NetworkStep::check() {
  const Host host = TRY(look());
  if (wants_dhcp(spec_) && spec_.boot == NetworkSpec::Boot::unit && !services_.running()) {
    return Error(Code::host_not_ready, "DHCP needs systemd, which runs dnsmasq")
        .with_hint("leave out --dhcp, and give VMs addresses of their own");
  }
  Finding finding;
  TRY(add_kernel_items(host, finding));
  if (wants_dhcp(spec_) && !sys::find_program("dnsmasq")) {
    finding.items.push_back({State::missing, "dnsmasq on " + spec_.bridge, {}});
    finding.lacks = "dnsmasq";
    return finding;
  }
  TRY(add_file_items(finding));
  TRY(add_warnings(finding));
  return finding;
}

Result<> NetworkStep::record(const Host& host, Journal& journal) const {
  // A bridge of another that is used as it is goes by another's hand.
  if (!host.bridge || is_own_bridge(*host.bridge)) {
    TRY(journal.intend("bridge", spec_.bridge, network_details(spec_)));
  }
  if (journal.find("forwarding", forwarding) == nullptr && !TRY(forwards())) {
    TRY(journal.intend("forwarding", forwarding));
  }
  const bool others = host.bridge && !is_own_bridge(*host.bridge);
  if (others && TRY(forwards()) && !TRY(forwards_from(spec_.bridge))) {
    TRY(journal.intend("bridge-forwarding", spec_.bridge));
  }
  if (translation_.wanted()) TRY(journal.intend("nat", spec_.bridge));
  return {};
}

Result<> NetworkStep::make_bridge(const Host& host) const {
  if (!host.bridge) {
    auto created = network::create_bridge(spec_.bridge);
    if (!created && created.error().code() != Code::already_exists) return created;
  }
  const auto bridge = TRY(network::find_interface(spec_.bridge));
  if (!bridge)
    return Error(Code::unknown, fmt::format("the bridge {} is gone again", spec_.bridge));
  TRY(network::add_address(bridge->index, spec_.address));
  return network::set_up(bridge->index);
}

/// An address that an earlier run gave the bridge, when it should have another by now.
Result<> NetworkStep::leave_old_address(const Host& host, const Journal& journal) const {
  const Change* before = journal.find("bridge", spec_.bridge);
  if (before == nullptr || !host.bridge) return {};
  const auto address = network::parse_cidr(before->details.string_or("address"));
  if (!address || *address == spec_.address) return {};
  return network::remove_address(host.bridge->index, *address);
}

/// DHCP that an earlier run set up: dnsmasq ends, and does not come back at the next boot. The
/// leases stay, for the day on which it is asked for again.
Result<> NetworkStep::leave_dhcp(Journal& journal) {
  const HostFile config = dnsmasq_file(spec_, paths_);
  if (wants_dhcp(spec_) || !sys::exists(config.path)) return {};
  const std::string unit = dnsmasq_unit_name(spec_.bridge);
  if (services_.running()) TRY(services_.stop(unit));
  for (const Change& change : journal.changes()) {
    const bool its_own = change.target == config.path ||
                         change.target.ends_with("/" + unit);  // the unit's file and its link
    if (!its_own || !is_file_kind(change)) continue;
    Notes notes;
    TRY(undo_file_change(change, Data::keep, notes));
    for (std::string& note : notes) journal.note(std::move(note));
  }
  TRY(sys::remove_file(config.path));
  return services_.running() ? services_.reload() : Result<>();
}

Result<> NetworkStep::restore() {
  const Host host = TRY(look());
  TRY(translation_.refuse_foreign(host.own_bridge()));
  TRY(make_bridge(host));
  if (!TRY(forwards())) TRY(set_forwarding(true));
  if (!TRY(forwards_from(spec_.bridge))) TRY(set_forwarding_from(spec_.bridge, true));
  return translation_.apply();
}

Result<> NetworkStep::rehearse() { return translation_.try_out(TRY(look()).own_bridge()); }

Result<> NetworkStep::apply(Journal& journal) {
  const Host host = TRY(look());
  TRY(translation_.try_out(host.own_bridge()));
  TRY(leave_old_address(host, journal));
  TRY(record(host, journal));
  TRY(restore());
  TRY(translation_.remove_unwanted());
  TRY(leave_dhcp(journal));
  if (spec_.boot == NetworkSpec::Boot::none) return {};
  TRY(install_file(sysctl_file(paths_), journal));
  if (wants_dhcp(spec_)) {
    TRY(install_data_folder(lease_folder(paths_), journal));
    const HostFile config = dnsmasq_file(spec_, paths_);
    // It reads its configuration when it starts. Stopped first, so that a run that is killed here
    // leaves a unit that the next one starts.
    if (services_.running() && check_file(config).state == State::differs) {
      TRY(services_.stop(dnsmasq_unit_name(spec_.bridge)));
    }
    TRY(install_file(config, journal));
  }
  for (const HostUnit& unit : TRY(units())) TRY(install_unit(unit, paths_, services_, journal));
  return {};
}

Result<> NetworkStep::allow_undo(const Change& change, Data /*data*/) {
  if (change.kind != "bridge") return {};
  const auto bridge = TRY(network::find_interface(change.target));
  if (!bridge || !is_own_bridge(*bridge)) return {};
  const std::string ports = ports_of(*bridge, TRY(network::list_interfaces()));
  if (ports.empty()) return {};
  return Error(Code::aborted, fmt::format("the bridge {} is in use by {}", change.target, ports))
      .with_hint("delete the VMs first: flintctl vm list -A shows them");
}

/// What was renamed, or given another hardware address, was made another's.
Result<Undone> NetworkStep::undo_bridge(const std::string& name, Notes& notes) {
  for (const Interface& one : TRY(network::list_interfaces())) {
    const bool named = one.name == name;
    const bool ours = one.hardware_address == network::bridge_hardware_address(name);
    if (one.kind != "bridge" || (!named && !ours)) continue;
    if (named && ours) {
      TRY(network::delete_link(one.index));
      continue;
    }
    notes.push_back(fmt::format(
        "the bridge {} {} and is left as it is; if nothing needs it: ip link delete {}", name,
        named ? "has another hardware address by now" : "is called " + one.name + " by now",
        one.name));
    return Undone::kept;
  }
  return Undone::done;
}

/// Others may have come to need it since, whom nobody would have told that it is ours.
Result<> NetworkStep::undo_forwarding(Notes& notes) {
  const auto interfaces = TRY(network::list_interfaces());
  const auto need = other_need_of_forwarding(paths_, interfaces, translation_.chains_of_others());
  if (!need) return set_forwarding(false);
  notes.push_back(
      fmt::format("{0} stays as it is, for {1}; if that does not need it: sysctl -w "
                  "{0}=0",
                  forwarding, *need));
  return {};
}

Result<Undone> NetworkStep::undo(const Change& change, Data /*data*/, Notes& notes) {
  if (change.kind == "nat") {
    auto tables = TRY(network::Nftables::open());
    TRY(tables.remove(change.target));
  } else if (change.kind == "forwarding") {
    TRY(undo_forwarding(notes));
  } else if (change.kind == "bridge-forwarding") {
    if (TRY(network::find_interface(change.target))) {
      TRY(set_forwarding_from(change.target, false));
    }
  } else if (change.kind == "bridge") {
    return undo_bridge(change.target, notes);
  }
  return Undone::done;
}

}  // namespace flintctl::provision
