// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `provision reset`.
struct ProvisionResetOptions {
  bool delete_data = false;
  bool dry_run = false;
  bool yes = false;
};

/// Undoes what provisioning recorded, last first.
Result<> provision_reset(Host& host, const ProvisionResetOptions& options);

void add_provision_reset(cli::Command& provision, Host& host);

}  // namespace flintctl::cmd
