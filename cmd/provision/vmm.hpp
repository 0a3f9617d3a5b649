// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "provision/vmm_install.hpp"

namespace flintctl::cmd {

/// Flags of `provision vmm`.
struct ProvisionVmmOptions {
  provision::VmmSource source;  ///< its name may be "list"
  bool dry_run = false;
};

/// Installs a hypervisor's binary from a verified file, or lists those that are installed.
Result<> provision_vmm(Host& host, const ProvisionVmmOptions& options);

void add_provision_vmm(cli::Command& provision, Host& host);

}  // namespace flintctl::cmd
