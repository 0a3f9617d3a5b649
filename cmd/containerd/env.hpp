// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// `text` as one word of a POSIX shell: as it is when nothing in it is special, else in single
/// quotes.
std::string shell_quoted(std::string_view text);

/// Prints shell exports of the variables that ctr and nerdctl read: CONTAINERD_ADDRESS and
/// CONTAINERD_NAMESPACE. Connects to nothing.
Result<> containerd_env(Host& host);

void add_containerd_env(cli::Command& containerd, Host& host);

}  // namespace flintctl::cmd
