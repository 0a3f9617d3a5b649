// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
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

/// The socket of the private containerd, as the seed's documents place it.
inline constexpr const char* private_containerd_address = "/run/containerd-dev/containerd.sock";
/// The socket of a distribution's containerd.
inline constexpr const char* system_containerd_address = "/run/containerd/containerd.sock";
/// The configuration file that is read when none is named.
inline constexpr const char* default_file = "/etc/flintctl/config.toml";

/// The settings of one run: flag over environment (FLINTCTL_*) over /etc/flintctl/config.toml over
/// the built-in default. Unknown keys are refused with the nearest known one.
struct Config {
  std::string containerd_address;  ///< path of the socket
  /// A person chose that address; otherwise it is whichever default exists.
  bool containerd_address_chosen = false;
  std::string containerd_namespace = "flintlock";
  std::string snapshotter = "devmapper";
  std::string pool = "flintlock-dev-thinpool";
  bool pool_chosen = false;  ///< a person chose it, by flag, environment or file
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

/// What load() asks of the process and the host; tests give their own.
struct Surroundings {
  /// The environment variable of that name, if it is set and not empty.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::function<bool(const std::string& path)> exists;
  std::string file = default_file;
};
/// This process's environment and this host's files.
Surroundings this_host();

/// Reads file and environment once. A file named by flag or FLINTCTL_CONFIG must exist; the default
/// one need not. The default socket is /run/containerd-dev/containerd.sock where it exists or no
/// other does, else /run/containerd/containerd.sock. Fails with invalid_argument that names file
/// and key: unknown key, wrong type, a value that cannot be.
Result<Config> load(const Overrides& overrides, const Surroundings& surroundings = this_host());

}  // namespace flintctl::config
