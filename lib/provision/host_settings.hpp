// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "core/result.hpp"
#include "data/value.hpp"
#include "provision/containerd_step.hpp"
#include "provision/containerd_system.hpp"
#include "provision/devpool_step.hpp"
#include "provision/lvm_spec.hpp"
#include "provision/network_spec.hpp"
#include "provision/vmm_install.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::provision {

/// What a host is to have: the contents of host.toml over the configured and built-in defaults.
struct HostSettings {
  std::string state_directory = "/var/lib/flintctl";  ///< where none of the folders below may lie
  std::vector<std::string> extra_modules;
  bool devpool = true;
  PoolWatch watch;
  thinpool::Spec pool;
  /// Instead of the one on files: when host.toml has the table.
  bool lvm = false;
  LvmSpec lvm_pool;
  bool containerd = true;
  /// One of our own, or the host's, which gets our snapshotter.
  enum class ContainerdMode { own, system } containerd_mode = ContainerdMode::own;
  PrivateContainerd private_containerd;
  SystemContainerd system_containerd;
  /// Made when host.toml has the table: it makes a router of the host, which is to be asked for.
  bool network = false;
  NetworkSpec network_spec;
  std::vector<VmmSource> vmms;           ///< hypervisors to have; without an origin: from a package
  std::vector<std::string> hypervisors;  ///< names or paths that the configuration gives them
  bool install_packages = true;          ///< by apt-get, for programs that are missing

  /// The dm name of the pool that this host is to have.
  [[nodiscard]] std::string pool_name() const { return lvm ? lvm_pool.dm_name() : pool.name; }
};

/// Defaults that agree with the configuration: pool name, directories, the private containerd's
/// address unless another was chosen.
HostSettings default_host_settings(const config::Config& config);

/// Reads host.toml over the defaults. invalid_argument that names file and key: unknown (with the
/// nearest known one), of the wrong type, a value that cannot be.
Result<HostSettings> read_host_settings(const std::string& path, HostSettings defaults);

/// The keys of host.toml with their meaning, for a person: help text.
std::string_view host_settings_help();

}  // namespace flintctl::provision
