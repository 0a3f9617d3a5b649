// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace flintctl::config {

/// `[providers.NAME]`: how to run one hypervisor.
struct Provider {
  std::string binary;                   ///< name or path; empty: the provider's own default
  std::string accel;                    ///< qemu: "kvm", "tcg" or empty for "whichever works"
  std::vector<std::string> extra_args;  ///< appended to its command line
};

/// `[defaults]`: what `vm create` takes when the flag is absent.
struct Defaults {
  std::string kernel;
  std::string initrd;
  std::string provider;
};

/// The settings of one run: flag over environment (FLINTCTL_*) over /etc/flintctl/config.toml over
/// the built-in default. Unknown keys are refused with the nearest known one.
struct Config {
  std::string containerd_address;  ///< path of the socket
  std::string containerd_namespace = "flintlock";
  std::string snapshotter = "devmapper";
  std::string pool = "flintlock-dev-thinpool";
  std::string state_directory = "/var/lib/flintctl";
  std::string run_directory = "/run/flintctl";
  Defaults defaults;
  std::map<std::string, Provider> providers;
};

/// Values that flags gave; they win.
struct Overrides {
  std::optional<std::string> file;
  std::optional<std::string> containerd_address;
  std::optional<std::string> containerd_namespace;
  std::optional<std::string> pool;
};

/// Reads file and environment once. A file named by flag or FLINTCTL_CONFIG must exist; the default
/// one need not. The default socket is /run/containerd-dev/containerd.sock where it exists or no
/// other does, else /run/containerd/containerd.sock.
Result<Config> load(const Overrides& overrides);

}  // namespace flintctl::config
