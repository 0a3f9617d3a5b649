// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "host.hpp"

namespace flintctl::cmd {

void add_version(cli::Command& root, Host& host);

}  // namespace flintctl::cmd
