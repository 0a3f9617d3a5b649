// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"
#include "host.hpp"
#include "provision/containerd_process.hpp"

namespace flintctl::cmd {

using provision::default_containerd_log;
using provision::private_containerd_config;

/// Where the private containerd is to listen: the address that a person chose, else the seed's. Not
/// the host's own containerd, even where only that one's socket exists.
Result<std::string> private_containerd_address(Host& host);

/// Where the one that `config_path` configures listens; without that file, as above.
/// invalid_argument when a chosen address and the file disagree.
Result<std::string> configured_containerd_address(Host& host, const std::string& config_path);

/// The same for who ends or looks at what runs: a file that cannot be read is no reason to fail, as
/// the one that runs read it when it was whole. A warning says so, and the address is the chosen
/// or the default one.
Result<std::string> running_containerd_address(Host& host, const std::string& config_path);

/// Says how the other commands find a containerd that is not where they look by default.
void say_other_address(Host& host, const std::string& address);

}  // namespace flintctl::cmd
