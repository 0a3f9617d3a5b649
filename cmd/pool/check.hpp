// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::cmd {

/// Flags of `pool check` and `pool repair`.
struct PoolCheckOptions {
  std::string name;                      ///< the configured pool unless given
  std::optional<std::string> directory;  ///< where the pool is known to lie unless given
};

/// Says whether a pool is well: an active one by what the kernel says of it and by its fill level,
/// one that is not active by thin_check. host_not_ready when it is not.
Result<> pool_check(Host& host, const PoolCheckOptions& options);

/// Repairs the metadata of a pool that is not active; the old one is kept.
Result<> pool_repair(Host& host, const PoolCheckOptions& options);

void add_pool_check(cli::Command& pool, Host& host);
void add_pool_repair(cli::Command& pool, Host& host);

}  // namespace flintctl::cmd
