// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// Add it last: the script describes the tree as it is when it is printed.
void add_completion(cli::Command& root, Host& host);

}  // namespace flintctl::cmd
