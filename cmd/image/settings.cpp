// SPDX-License-Identifier: Apache-2.0
#include "image/settings.hpp"

#include "devmapper/driver.hpp"
#include "image/progress_view.hpp"
#include "loop/driver.hpp"
#include "thinpool/pool.hpp"

#include <limits>

namespace flintctl::cmd {
namespace {

/// Free bytes in the pool that the devmapper snapshotter takes from.
Result<std::uint64_t> free_in_pool(const std::string& name) {
  const auto driver = TRY(devmapper::open());
  const auto loops = TRY(loop::open());
  const auto pool = thinpool::inspect(name, *driver, *loops);
  if (pool) return pool->data_total_bytes() - pool->data_used_bytes();
  // containerd may be configured for another pool than we are: then it alone can tell.
  if (pool.error().code() == Code::not_found) return std::numeric_limits<std::uint64_t>::max();
  return Error(pool.error());
}

}  // namespace

void add_pull_flags(cli::Command& command, PullFlags& flags) {
  command
      .option("--platform", flags.platform, "Platform of the image (this machine's unless given)",
              "OS/ARCH[/VARIANT]")
      .option("--snapshotter", flags.snapshotter,
              "containerd's snapshotter to unpack to (devmapper unless configured)", "NAME")
      .choice("--layers", flags.layers, {"auto", "each", "merged"},
              "Snapshots to make: a few, one for each layer, or one")
      .option("--authfile", flags.auth_file,
              "Credentials, as docker's config.json ($DOCKER_CONFIG or ~/.docker unless given)",
              "FILE")
      .choice("--progress", flags.progress, progress_words(), "How to show the pull's progress")
      .flag("--plain-http", flags.plain_http,
            "Speak to the registry without TLS (loopback registries always)");
}

Result<image::PullOptions> pull_options(Host& host, const PullFlags& flags,
                                        const oci::Reference& reference) {
  const config::Config* config = TRY(host.config());
  image::PullOptions options;
  if (!flags.platform.empty()) options.platform = TRY(oci::parse_platform(flags.platform));
  options.snapshotter = flags.snapshotter.empty() ? config->snapshotter : flags.snapshotter;
  options.boundaries = TRY(image::parse_boundaries(flags.layers));
  options.state_directory = config->state_directory;
  options.run_directory = config->run_directory;
  if (flags.plain_http) options.registry.transport = oci::Transport::plain;
  options.registry.credentials = TRY(oci::load_credentials(flags.auth_file, reference.host()));
  if (options.snapshotter == "devmapper") {
    options.free_space = [pool = config->pool] { return free_in_pool(pool); };
  }
  return options;
}

}  // namespace flintctl::cmd
