// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `pool grow`. Zero: stays as it is.
struct PoolGrowOptions {
  std::string name;  ///< the configured pool unless given
  std::uint64_t data_bytes = 0;
  std::uint64_t metadata_bytes = 0;
  std::string allocate = "sparse";
};

/// Makes an active, loop-backed pool larger while it is used.
Result<> pool_grow(Host& host, const PoolGrowOptions& options);

void add_pool_grow(cli::Command& pool, Host& host);

}  // namespace flintctl::cmd
