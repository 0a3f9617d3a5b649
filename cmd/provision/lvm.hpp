// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `provision lvm`. Empty or zero: not given.
struct LvmOptions {
  std::string disk;
  std::string wipe;
  std::string group;
  std::string volume;
  std::uint64_t data_bytes = 0;
  std::uint64_t metadata_bytes = 0;
  std::string threshold;
  std::string percent;
  bool at_boot = false;
  bool dry_run = false;
  std::chrono::milliseconds wait = std::chrono::seconds(0);  ///< for another run to end
};

/// Makes the production pool on a disk, or has it active and watched again.
Result<> provision_lvm(Host& host, const LvmOptions& options);

void add_provision_lvm(cli::Command& provision, Host& host);

}  // namespace flintctl::cmd
