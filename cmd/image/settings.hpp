// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "archive/job.hpp"
#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "image/pull_image.hpp"

namespace flintctl::cmd {

/// The flags about how to speak to a registry.
struct RegistryFlags {
  std::string auth_file;        ///< empty: where docker and podman keep theirs
  std::string hosts_directory;  ///< empty: where containerd and docker look
  bool plain_http = false;
};

/// The flags of all commands that make snapshots of an image.
struct InstallFlags {
  std::string platform;     ///< empty: this machine's
  std::string snapshotter;  ///< empty: the configured one
  std::string layers = "auto";
  std::string progress = "auto";
  bool keep_layers = false;
  std::uint64_t max_layer_size = archive::Limits().bytes;  ///< unpacked
  unsigned max_layer_files = archive::Limits().entries;
};

/// Credentials that a person gave, and whom they are for.
struct GivenCredentials {
  std::string host;  ///< Reference::host
  oci::Credentials credentials;
};

/// These and the flags about registries.
struct PullFlags : InstallFlags {
  RegistryFlags registry;
  std::string policy = "missing";
  bool credentials_on_stdin = false;      ///< one line, "user:password"
  std::optional<GivenCredentials> given;  ///< what stood there: read_given_credentials()
};

/// The flags of commands that look at local images.
struct LookFlags {
  std::string snapshotter;  ///< empty: the configured one
  std::string platform;     ///< empty: this machine's
};

/// What these say, defaults filled in.
struct Look {
  std::string snapshotter;
  image::PlatformChoice platform;  ///< of images for none but others, too, unless one was named
  image::CachedPaths cached;       ///< of the kernel cache
};

inline constexpr const char* platform_help =
    "Only images for this platform (this machine's, and of images for others theirs)";

/// The one that --platform names; without it this machine's, or for images that are not made for it
/// whichever they are here for.
Result<image::PlatformChoice> platform_to_look_for(const std::string& named);

void add_look_flags(cli::Command& command, LookFlags& flags);
/// invalid_argument when the platform is none.
Result<Look> where_to_look(Host& host, const LookFlags& flags);

void add_registry_flags(cli::Command& command, RegistryFlags& flags);
/// invalid_argument when --hosts-dir names no folder.
Result<oci::RegistryOptions> registry_options(const RegistryFlags& flags);

/// --pull, for commands that use an image.
void add_pull_policy_flag(cli::Command& command, PullFlags& flags);
image::PullPolicy pull_policy(const PullFlags& flags);

void add_install_flags(cli::Command& command, InstallFlags& flags);
void add_pull_flags(cli::Command& command, PullFlags& flags);

/// Reads what --creds-stdin promises, when it was given. They are for the registry of `references`:
/// invalid_argument, before anything is read, when these have several.
Result<> read_given_credentials(PullFlags& flags, const std::vector<oci::Reference>& references);

/// What image::install needs, from flags and configuration.
Result<image::InstallOptions> install_options(Host& host, const InstallFlags& flags);
/// What image::pull needs; credentials for the registry of `reference` and for its mirrors are
/// those that were given for them, else looked up when they ask.
Result<image::PullOptions> pull_options(Host& host, const PullFlags& flags,
                                        const oci::Reference& reference);

}  // namespace flintctl::cmd
