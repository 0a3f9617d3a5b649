// SPDX-License-Identifier: Apache-2.0
#include "image/settings.hpp"

#include <fmt/format.h>

#include <limits>

#include "devmapper/driver.hpp"
#include "image/progress_view.hpp"
#include "image/secret_input.hpp"
#include "loop/driver.hpp"
#include "oci/auth_file.hpp"
#include "pool/guard.hpp"
#include "sys/file.hpp"
#include "thinpool/pool.hpp"

namespace flintctl::cmd {
namespace {

/// Free bytes in the pool that the devmapper snapshotter takes from.
Result<std::uint64_t> free_in_pool(const std::string& name) {
  const auto driver = TRY(devmapper::open());
  const auto loops = TRY(loop::open(sys::Modules::leave));
  auto free = thinpool::free_bytes(name, *driver, *loops);
  // containerd may be configured for another pool than we are: then it alone can tell.
  if (!free && free.error().code() == Code::not_found) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return free;
}

}  // namespace

void add_look_flags(cli::Command& command, LookFlags& flags) {
  command
      .option("--snapshotter", flags.snapshotter,
              "containerd's snapshotter to look in (devmapper unless configured)", "NAME")
      .option("--platform", flags.platform, platform_help, "OS/ARCH[/VARIANT]");
}

Result<image::PlatformChoice> platform_to_look_for(const std::string& named) {
  if (named.empty()) return image::PlatformChoice(oci::host_platform(), true);
  return image::PlatformChoice(TRY(oci::parse_platform(named)));
}

Result<Look> where_to_look(Host& host, const LookFlags& flags) {
  const config::Config* config = TRY(host.config());
  Look look{flags.snapshotter, TRY(platform_to_look_for(flags.platform)),
            image::cached_paths(config->state_directory)};
  if (look.snapshotter.empty()) look.snapshotter = config->snapshotter;
  return look;
}

void add_registry_flags(cli::Command& command, RegistryFlags& flags) {
  command
      .option("--authfile", flags.auth_file,
              "Credentials, as docker's config.json (docker's and podman's own unless given)",
              "FILE")
      .option("--hosts-dir", flags.hosts_directory,
              "Mirrors and certificates, HOST/hosts.toml (/etc/containerd/certs.d unless given)",
              "DIR")
      .flag("--plain-http", flags.plain_http,
            "Speak to the registry without TLS (loopback registries always)");
}

Result<oci::RegistryOptions> registry_options(const RegistryFlags& flags) {
  if (!flags.hosts_directory.empty() && !sys::is_directory(flags.hosts_directory)) {
    return Error(Code::invalid_argument,
                 fmt::format("--hosts-dir: {} is no folder", flags.hosts_directory));
  }
  oci::RegistryOptions options;
  if (flags.plain_http) options.transport = oci::Transport::plain;
  options.hosts_directories = flags.hosts_directory.empty()
                                  ? oci::default_hosts_directories()
                                  : std::vector<std::string>{flags.hosts_directory};
  return options;
}

void add_install_flags(cli::Command& command, InstallFlags& flags) {
  command
      .option("--platform", flags.platform, "Platform of the image (this machine's unless given)",
              "OS/ARCH[/VARIANT]")
      .option("--snapshotter", flags.snapshotter,
              "containerd's snapshotter to unpack to (devmapper unless configured)", "NAME")
      .choice("--layers", flags.layers, {"auto", "each", "merged"},
              "Snapshots to make: a few, one for each layer, or one")
      .flag("--keep-layers", flags.keep_layers,
            "Keep the layers' own bytes too, for 'image export'")
      .size_option("--max-layer-size", flags.max_layer_size,
                   "Refuse layers that hold more when unpacked (64Gi)")
      .option("--max-layer-files", flags.max_layer_files, "Refuse layers that hold more files")
      .choice("--progress", flags.progress, progress_words(), "How to show the progress");
}

void add_pull_flags(cli::Command& command, PullFlags& flags) {
  add_install_flags(command, flags);
  add_registry_flags(command, flags.registry);
  command.flag("--creds-stdin", flags.credentials_on_stdin,
               "Read USER:PASSWORD from the first line of standard input");
}

Result<> read_given_credentials(PullFlags& flags, const std::vector<oci::Reference>& references) {
  if (!flags.credentials_on_stdin) return {};
  for (const auto& reference : references) {
    if (reference.host() == references.front().host()) continue;
    return Error(Code::invalid_argument,
                 fmt::format("--creds-stdin is for one registry, not for {} and {}",
                             references.front().host(), reference.host()))
        .with_hint("keep credentials for each: flintctl image login HOST");
  }
  flags.given = GivenCredentials{references.front().host(), TRY(read_credentials())};
  return {};
}

void add_pull_policy_flag(cli::Command& command, PullFlags& flags) {
  command.choice("--pull", flags.policy, {"missing", "always", "never"},
                 "When to ask the registry for an image");
}

image::PullPolicy pull_policy(const PullFlags& flags) {
  if (flags.policy == "always") return image::PullPolicy::always;
  return flags.policy == "never" ? image::PullPolicy::never : image::PullPolicy::missing;
}

Result<image::InstallOptions> install_options(Host& host, const InstallFlags& flags) {
  const config::Config* config = TRY(host.config());
  image::InstallOptions options;
  if (!flags.platform.empty()) options.platform = TRY(oci::parse_platform(flags.platform));
  options.snapshotter = flags.snapshotter.empty() ? config->snapshotter : flags.snapshotter;
  options.boundaries = TRY(image::parse_boundaries(flags.layers));
  if (flags.keep_layers) options.blobs = image::LayerBlobs::kept;
  if (flags.max_layer_size == 0 || flags.max_layer_files == 0) {
    const char* const flag = flags.max_layer_size == 0 ? "--max-layer-size" : "--max-layer-files";
    return Error(Code::invalid_argument, fmt::format("{}: 0 would refuse every layer", flag))
        .with_hint("give the most that a layer may hold, or leave the flag out");
  }
  options.limits = {flags.max_layer_size, flags.max_layer_files};
  options.state_directory = config->state_directory;
  options.run_directory = config->run_directory;
  if (options.snapshotter == "devmapper") {
    options.free_space = [pool = TRY(pool_in_use(host))] { return free_in_pool(pool); };
  }
  return options;
}

Result<image::PullOptions> pull_options(Host& host, const PullFlags& flags,
                                        const oci::Reference& reference) {
  image::PullOptions options{TRY(install_options(host, flags)), {}};
  if (const auto& file = flags.registry.auth_file; !file.empty() && !sys::exists(file)) {
    return Error(Code::not_found, fmt::format("--authfile: {} is not there", file));
  }
  options.registry = TRY(registry_options(flags.registry));
  options.registry.credentials =
      [file = flags.registry.auth_file, own = reference.host(), repository = reference.repository(),
       given = flags.given](const std::string& asking) -> Result<std::optional<oci::Credentials>> {
    if (given && given->host == asking) return std::optional(given->credentials);
    // What is kept for a part of a registry is not for the same path elsewhere.
    return oci::load_credentials(file, asking, asking == own ? repository : "");
  };
  return options;
}

}  // namespace flintctl::cmd
