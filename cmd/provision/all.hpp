// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `provision all`.
struct ProvisionAllOptions {
  std::string file;      ///< host.toml; empty: the default one if it exists
  std::string wipe;      ///< the disk of [lvm] again: what lies on it may be erased
  bool restart = false;  ///< the host's own containerd, where that is configured
  bool dry_run = false;
  std::chrono::milliseconds wait = std::chrono::seconds(0);  ///< for another run to end
};

/// Makes the host ready, step by step; what is in place is left alone.
Result<> provision_all(Host& host, const ProvisionAllOptions& options);

void add_provision_all(cli::Command& provision, Host& host);

}  // namespace flintctl::cmd
