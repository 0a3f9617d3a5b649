// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Flags that every command takes, bound to `options` and `streams`.
void add_global_flags(cli::Command& root, GlobalOptions& options, output::Streams& streams);
/// The command tree and nothing else. `status` is set by commands that did their work and have a
/// verdict.
void add_commands(cli::Command& root, Host& host, int& status);

}  // namespace flintctl::cmd
