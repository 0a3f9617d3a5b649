// SPDX-License-Identifier: Apache-2.0
#include "host.hpp"

#include "devmapper/driver.hpp"
#include "provision/known_pool.hpp"

namespace flintctl::cmd {
namespace {

std::optional<std::string> given(const std::string& value) {
  return value.empty() ? std::nullopt : std::optional(value);
}

}  // namespace

output::Streams& Host::streams() {
  if (options_.no_color) streams_.color = false;
  return streams_;
}

Result<const config::Config*> Host::config() {
  if (!config_) {
    config::Overrides overrides;
    overrides.file = given(options_.config_file);
    overrides.containerd_address = given(options_.containerd_address);
    overrides.containerd_namespace = given(options_.containerd_namespace);
    overrides.pool = given(options_.pool);
    auto loaded = std::make_unique<config::Config>(TRY(config::load(overrides)));
    if (!loaded->pool_chosen) {
      loaded->pool =
          provision::pool_of_host_file(default_host_file, *loaded).value_or(loaded->pool);
    }
    TRY(devmapper::check_name(loaded->pool).context("the configured pool"));
    config_ = std::move(loaded);
  }
  return config_.get();
}

Result<output::Format> Host::format() { return output::parse_format(options_.output); }

Result<containerd::Client*> Host::containerd() {
  if (!containerd_) {
    const config::Config* settings = TRY(config());
    containerd_ =
        TRY(containerd::connect(settings->containerd_address, settings->containerd_namespace));
  }
  return containerd_.get();
}

}  // namespace flintctl::cmd
