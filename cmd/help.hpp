// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// `flintctl help COMMAND`, the same as `flintctl COMMAND --help`.
void add_help(cli::Command& root, Host& host);

}  // namespace flintctl::cmd
