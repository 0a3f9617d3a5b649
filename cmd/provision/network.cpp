// SPDX-License-Identifier: Apache-2.0
#include "provision/network.hpp"

#include <memory>

#include "provision/known_network.hpp"
#include "provision/network_step.hpp"
#include "provision/session.hpp"
#include "provision/view.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {
namespace {

using provision::NetworkSpec;
using provision::StepReport;

/// What is known of the network before flags count.
Result<NetworkSpec> known_network(Host& host, const NetworkOptions& options) {
  NetworkSpec known;
  known.bridge = options.bridge.value_or(known.bridge);
  // The unit says all, and must not depend on what was written into host.toml since.
  if (options.at_boot) return known;
  const ProvisionSession session = TRY(open_provision_session(host, {}));
  const NetworkSpec& asked = session.settings.network_spec;
  if (!options.bridge || *options.bridge == asked.bridge) {
    known = asked;
    if (session.settings.network) return known;
  }
  const auto bridge = network::find_interface(known.bridge);
  if (!bridge || bridge->has_value()) return known;
  for (const NetworkSpec& made : provision::recorded_networks(session.paths)) {
    if (made.bridge == known.bridge) return made;
  }
  return known;
}

Result<NetworkSpec> to_spec(Host& host, const NetworkOptions& options) {
  NetworkSpec spec = TRY(known_network(host, options));
  if (options.address) spec.address = TRY(network::parse_cidr(*options.address));
  if (options.no_nat) {
    spec.translation = NetworkSpec::Translation::none;
    spec.uplink.clear();
  }
  if (options.uplink) spec.uplink = *options.uplink;
  if (options.dhcp) spec.dhcp = NetworkSpec::Dhcp::dnsmasq;
  if (options.at_boot) spec.boot = NetworkSpec::Boot::none;
  TRY(provision::validate(spec));
  return spec;
}

Result<> print(Host& host, const output::Format& format, const NetworkOptions& options,
               const StepReport& report) {
  std::ostream& out = host.streams().out;
  if (options.dry_run) TRY(provision::allow_apply(report));
  say_notes(host, report);
  if (!format.is_table()) return output::print_value(out, format, step_value(report));
  if (!options.dry_run) {
    out << "step/" << report.step << ' ' << step_result(report) << '\n';
    return {};
  }
  for (const std::string& line : dry_run_lines(report)) out << line << '\n';
  return {};
}

}  // namespace

Result<> provision_network(Host& host, const NetworkOptions& options) {
  const NetworkSpec spec = TRY(to_spec(host, options));
  const output::Format format = TRY(host.format());
  const auto services = provision::host_services();
  const provision::HostPaths paths = provision::host_paths(*TRY(host.config()));
  if (!options.dry_run) TRY(sys::require_root("provisioning the network"));
  if (options.at_boot) return provision::NetworkStep(spec, paths, *services).restore();
  provision::Plan plan(paths, *services);
  plan.add(std::make_unique<provision::NetworkStep>(spec, paths, *services));
  if (options.dry_run) return print(host, format, options, plan.check().front());
  Result<> printed;
  TRY(plan.apply([&](const StepReport& report) {
    if (!report.error) printed = print(host, format, options, report);
  }));
  return printed;
}

void add_provision_network(cli::Command& provision, Host& host) {
  auto options = std::make_shared<NetworkOptions>();
  provision.add("network", "Make a bridge for VMs, with forwarding and address translation")
      .details(
          "The bridge gets an address, which is the guests' gateway. Guests reach the world behind "
          "the host's own addresses, through rules in an nftables table of flintctl's own; nobody "
          "outside can open a connection to them. Where systemd runs, a unit brings all of it back "
          "at boot. Networks that the host has already are refused, and a free one is proposed. "
          "What no flag says is taken from host.toml, where that has the bridge; a bridge that is "
          "gone comes back as it was made.")
      .example("flintctl provision network", "flintbr0 with 192.168.100.1/24")
      .example("flintctl provision network --dhcp", "and dnsmasq, which gives guests addresses")
      .example("flintctl provision network --bridge br7 --address 10.7.0.1/16 --dry-run",
               "say what another one would take")
      .option("--bridge", options->bridge, "Name of the bridge (flintbr0)", "NAME")
      .option("--address", options->address, "The bridge's address and network (192.168.100.1/24)",
              "CIDR")
      .option("--uplink", options->uplink, "Let guests out through this interface only", "NAME")
      .flag("--no-nat", options->no_nat, "Route the guests' own addresses, translate none")
      .flag("--dhcp", options->dhcp, "Run dnsmasq on the bridge: DHCP and DNS for guests")
      .flag("--at-boot", options->at_boot, "Bring it back after a boot; what the unit runs")
      .flag("--dry-run", options->dry_run, "Say what would be done and change nothing")
      .action([options, &host] { return provision_network(host, *options); });
}

}  // namespace flintctl::cmd
