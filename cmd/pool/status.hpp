// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// `pool status`: no names mean the configured pool.
struct PoolStatusOptions {
  std::vector<std::string> names;
};

/// Prints what the kernel says of the pools: usage, mode, table, backing files, volumes.
Result<> pool_status(Host& host, const PoolStatusOptions& options);

void add_pool_status(cli::Command& pool, Host& host);

}  // namespace flintctl::cmd
