// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `doctor`.
struct DoctorOptions {
  bool strict = false;
};

/// Checks this host and says what is amiss, what that breaks and what mends it. The exit status: 9
/// when only warnings were found and --strict was given, else 0. host_not_ready when VMs cannot
/// run.
Result<int> doctor(Host& host, const DoctorOptions& options);

/// `status` is the process's when the command succeeded; it outlives the tree.
void add_doctor(cli::Command& root, Host& host, int& status);

}  // namespace flintctl::cmd
