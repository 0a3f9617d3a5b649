// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "provision/network_spec.hpp"

namespace flintctl::cmd {

/// Flags of `provision network`.
struct NetworkOptions {
  std::string bridge = provision::NetworkSpec().bridge;
  std::string address = provision::NetworkSpec().address.text();
  std::string uplink;
  bool no_nat = false;
  bool dhcp = false;
  bool at_boot = false;
  bool dry_run = false;
};

/// Makes the bridge of this host's VMs and their way out.
Result<> provision_network(Host& host, const NetworkOptions& options);

void add_provision_network(cli::Command& provision, Host& host);

}  // namespace flintctl::cmd
