// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::cmd {

/// Flags of `provision devpool`. Empty or zero: not given; then host.toml or the record says how
/// the pool of that name is made.
struct DevpoolOptions {
  std::optional<std::string> name;
  std::optional<std::string> directory;
  std::uint64_t data_bytes = 0;
  std::uint64_t metadata_bytes = 0;
  std::string low_water_blocks;
  std::string allocate;
  bool no_unit = false;
  bool at_boot = false;
  bool dry_run = false;
};

/// Makes the loop-backed thin pool, or brings it back after a reboot.
Result<> devpool(Host& host, const DevpoolOptions& options);

void add_devpool(cli::Command& provision, Host& host);

}  // namespace flintctl::cmd
