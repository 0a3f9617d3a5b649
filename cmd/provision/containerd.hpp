// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "provision/program_source.hpp"

namespace flintctl::cmd {

/// Flags of `provision containerd`.
struct ProvisionContainerdOptions {
  std::string file;                 ///< host.toml; empty: the default one if it exists
  provision::ProgramSource source;  ///< of its program; empty: as host.toml says, or the host's
  bool system = false;              ///< the host's own instead of a private one
  bool restart = false;             ///< the host's own, now
  bool dry_run = false;
};

/// The containerd step of `provision all` alone.
Result<> provision_containerd(Host& host, const ProvisionContainerdOptions& options);

void add_provision_containerd(cli::Command& provision, Host& host);

}  // namespace flintctl::cmd
