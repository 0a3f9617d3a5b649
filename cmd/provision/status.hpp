// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `provision status`.
struct ProvisionStatusOptions {
  std::string file;  ///< host.toml; empty: the default one if it exists
};

/// Prints every step as the host has it now; host_not_ready unless all are in place.
Result<> provision_status(Host& host, const ProvisionStatusOptions& options);

void add_provision_status(cli::Command& provision, Host& host);

}  // namespace flintctl::cmd
