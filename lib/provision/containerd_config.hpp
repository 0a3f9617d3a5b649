// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/value.hpp"
#include "provision/containerd_version.hpp"
#include "sys/fact_cache.hpp"

namespace flintctl::devmapper {
class Driver;
}

namespace flintctl::provision {

/// Whether a thin pool gives zeroed blocks to new volumes.
enum class Zeroing {
  zeroes,   ///< a fresh block reads as zeros
  skips,    ///< skip_block_zeroing: a fresh block keeps what the disk held
  unknown,  ///< no such pool now, or its table cannot be read
};

/// From the parameters of a thin-pool target's table: "254:0 254:1 128 32768 1 skip_block_zeroing".
/// Documentation/admin-guide/device-mapper/thin-provisioning.rst.
Zeroing pool_zeroing(std::string_view table_parameters);
/// The same of the live pool; unknown when it is absent, no thin pool, or not readable.
Zeroing read_pool_zeroing(devmapper::Driver& driver, const std::string& pool);

/// How chatty containerd's log is.
enum class LogLevel { info, trace };

/// What the private containerd's configuration is made from.
struct ContainerdSettings {
  std::string root = "/var/lib/containerd-dev";
  std::string state = "/run/containerd-dev";
  std::string address = "/run/containerd-dev/containerd.sock";
  std::string metrics_address = "127.0.0.1:1338";
  std::string pool = "flintlock-dev-thinpool";
  std::string base_image_size = "10GB";
  LogLevel log_level = LogLevel::info;
  /// The containerd that will read it.
  ProgramVersion version{1, 6, "1.6"};
  /// The format of the file: 2 or 3; without it what that containerd writes itself.
  std::optional<int> format;
  Zeroing zeroing = Zeroing::unknown;
  /// mke2fs knows assume_storage_prezeroed (1.47).
  bool mke2fs_can_skip_zeros = false;

  /// 3 from containerd 2 on, which reads 2 as well; 1.6 and 1.7 read 2 only.
  [[nodiscard]] int config_format() const {
    return format.value_or(version.at_least(2, 0) ? 3 : 2);
  }
  /// The devmapper snapshotter's own folder; empty: below the root.
  std::string snapshotter_root;
  [[nodiscard]] std::string snapshotter_directory() const {
    return snapshotter_root.empty() ? root + "/snapshotter/devmapper" : snapshotter_root;
  }
};

/// invalid_argument when a path is relative, a socket's path too long (containerd adds ".ttrpc" for
/// its second socket), root, state or address is the host's own containerd's, or there is no such
/// format.
Result<> validate(const ContainerdSettings& settings);

/// Fills in what the host decides: the version of containerd (host_not_ready when it is missing or
/// too old, invalid_argument when it cannot read the format that was asked for), whether the pool
/// zeroes blocks, and what mke2fs can do. `binary` is as find_containerd_program() takes it;
/// `facts` remembers what the programs said.
Result<ContainerdSettings> fit_to_host(ContainerdSettings settings,
                                       const std::string& binary = "containerd",
                                       const sys::FactCache& facts = sys::FactCache({}));

/// The configuration as a value.
data::Value containerd_document(const ContainerdSettings& settings);
/// The same as TOML with the reason of each addition as a comment; parses to containerd_document().
std::string containerd_toml(const ContainerdSettings& settings);

/// The devmapper snapshotter's table of it, and that as TOML below a header of its own.
data::Value devmapper_table(const ContainerdSettings& settings);
std::string devmapper_toml(const ContainerdSettings& settings, std::string_view header);
/// The plugin's name since configurations have a version.
inline constexpr std::string_view devmapper_plugin = "io.containerd.snapshotter.v1.devmapper";

/// One key in which an installed configuration differs.
struct ConfigDifference {
  std::string key;     ///< "plugins.\"io.containerd.snapshotter.v1.devmapper\".pool_name"
  std::string wanted;  ///< as TOML; empty: the key should not be there
  std::string found;   ///< as TOML; empty: the key is missing
  [[nodiscard]] std::string text() const;
};
/// Keys in which `installed` differs in meaning from what `settings` ask for; order, comments and
/// layout do not count. While the pool's zeroing is unknown, fs_options of ours are let be.
std::vector<ConfigDifference> compare(const ContainerdSettings& settings,
                                      const data::Value& installed);

/// What a configuration file says about the containerd that it starts.
struct ContainerdFacts {
  std::string root;
  std::string state;
  std::string address;
  std::string ttrpc_address;
  std::string metrics_address;
  std::string pool;  ///< empty without a devmapper table
  bool assumes_zeroed_blocks = false;
};
/// Reads the file. host_not_ready with a hint when it is absent; invalid_argument when it is no
/// TOML, or names no root, state or address of its own (containerd would then take the host's).
Result<ContainerdFacts> read_containerd_facts(const std::string& path);

}  // namespace flintctl::provision
