// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "containerd/private.hpp"
#include "core/result.hpp"
#include "data/value.hpp"
#include "host.hpp"
#include "provision/containerd_config.hpp"

namespace flintctl::cmd {

/// Flags of `containerd config`.
struct ContainerdConfigOptions {
  std::string config_path = private_containerd_config;
  std::string root = "/var/lib/containerd-dev";
  std::string metrics_address = "127.0.0.1:1338";
  unsigned format = 0;   ///< 2 or 3; 0: what the containerd writes itself
  bool system = false;   ///< the host's own containerd instead of the private one
  bool restart = false;  ///< the host's own, after --write
  bool write = false;
  bool check = false;
  bool dry_run = false;
  bool debug = false;
};

/// What --check prints under -o json and its like: {path, inPlace, differences: [{key, wanted,
/// found}]}.
data::Value check_value(const std::string& path,
                        const std::vector<provision::ConfigDifference>& differences);

/// Prints, installs or compares the private containerd's configuration, or our table in the host's.
Result<> containerd_config(Host& host, const ContainerdConfigOptions& options);

void add_containerd_config(cli::Command& containerd, Host& host);

}  // namespace flintctl::cmd
