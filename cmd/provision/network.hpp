// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `provision network`. What is not given is host.toml's where that has the bridge, else
/// as the bridge was made before if it is gone, else the usual.
struct NetworkOptions {
  std::optional<std::string> bridge;
  std::optional<std::string> address;
  std::optional<std::string> uplink;  ///< empty: any, whatever host.toml says
  bool no_nat = false;
  bool dhcp = false;
  bool at_boot = false;
  bool dry_run = false;
};

/// Makes the bridge of this host's VMs and their way out.
Result<> provision_network(Host& host, const NetworkOptions& options);

void add_provision_network(cli::Command& provision, Host& host);

}  // namespace flintctl::cmd
