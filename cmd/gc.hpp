// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags of `gc`.
struct GcOptions {
  bool dry_run = false;
};

/// Finds and removes what killed commands left.
Result<> gc(Host& host, const GcOptions& options);

void add_gc(cli::Command& root, Host& host);

}  // namespace flintctl::cmd
