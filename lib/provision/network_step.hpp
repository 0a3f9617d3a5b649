// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "network/nat.hpp"
#include "provision/host_unit.hpp"
#include "provision/modules_step.hpp"
#include "provision/network_spec.hpp"
#include "provision/step.hpp"
#include "provision/translation.hpp"

namespace flintctl::provision {

/// The network of VMs: a bridge with an address, IP forwarding, address translation in an nftables
/// table of its own, DHCP and DNS by dnsmasq where asked for, and a unit that brings it back at
/// boot. A unit, not files of systemd-networkd: it works beside whichever of ifupdown,
/// NetworkManager and networkd configures the host's own interfaces, and brings forwarding and
/// translation back, too.
///
/// What an earlier run made of it and is not asked for any more (translation, DHCP) goes.
/// The bridge is known to be ours by its hardware address. One of another is used as it is when it
/// has the address, and refused otherwise.
class NetworkStep final : public Step {
 public:
  NetworkStep(NetworkSpec spec, HostPaths paths, Services& services,
              Modules kernel = host_modules());

  [[nodiscard]] std::string name() const override { return "network"; }
  /// already_exists when another interface or route has the addresses, or the bridge's name belongs
  /// to something else; host_not_ready when dnsmasq is asked for and cannot run. Loads no part of
  /// the kernel: what is not loaded has no table.
  Result<Finding> check() override;
  /// Tries the translation, for which the kernel loads what it takes.
  Result<> rehearse() override;
  Result<> apply(Journal& journal) override;
  /// aborted while VMs or others are joined to the bridge.
  Result<> allow_undo(const Change& change, Data data) override;
  Result<Undone> undo(const Change& change, Data data, Notes& notes) override;

  /// Bridge, forwarding and translation again, as after a boot. Records nothing: what it makes was
  /// recorded when the unit that calls it was.
  Result<> restore();

 private:
  struct Host;
  [[nodiscard]] Result<Host> look();
  Result<> leave_dhcp(Journal& journal);
  Result<> undo_forwarding(Notes& notes);
  Result<Undone> undo_bridge(const std::string& name, Notes& notes);
  [[nodiscard]] Result<std::vector<HostUnit>> units() const;
  Result<> add_kernel_items(const Host& host, Finding& finding) const;
  Result<> add_file_items(Finding& finding);
  Result<> add_warnings(Finding& finding) const;
  Result<> record(const Host& host, Journal& journal) const;
  Result<> make_bridge(const Host& host) const;
  Result<> leave_old_address(const Host& host, const Journal& journal) const;

  NetworkSpec spec_;
  HostPaths paths_;
  Services& services_;
  Translation translation_;
};

}  // namespace flintctl::provision
