// SPDX-License-Identifier: Apache-2.0
#include "containerd/private.hpp"

#include <fmt/format.h>

#include "provision/containerd_config.hpp"
#include "provision/containerd_process.hpp"
#include "sys/file.hpp"

namespace flintctl::cmd {

Result<std::string> private_containerd_address(Host& host) {
  const config::Config* settings = TRY(host.config());
  if (!settings->containerd_address_chosen) return std::string(config::private_containerd_address);
  if (settings->containerd_address == config::system_containerd_address) {
    return Error(Code::invalid_argument, fmt::format("{} belongs to the host's own containerd",
                                                     settings->containerd_address))
        .with_hint(fmt::format("the private one needs its own: --containerd-address {}",
                               config::private_containerd_address));
  }
  return settings->containerd_address;
}

Result<std::string> configured_containerd_address(Host& host, const std::string& config_path) {
  const std::string wanted = TRY(private_containerd_address(host));
  if (!sys::exists(config_path)) return wanted;
  const auto facts = TRY(provision::read_containerd_facts(config_path));
  if (facts.address != wanted && TRY(host.config())->containerd_address_chosen) {
    return Error(Code::invalid_argument, fmt::format("the address {} was asked for, but {} has {}",
                                                     wanted, config_path, facts.address))
        .with_hint("name the configuration of that containerd with --config-path");
  }
  return facts.address;
}

Result<std::string> running_containerd_address(Host& host, const std::string& config_path) {
  const std::string fallback = TRY(private_containerd_address(host));
  if (sys::exists(config_path)) {
    if (const auto facts = provision::read_containerd_facts(config_path); !facts) {
      host.streams().err << fmt::format("warning: {}; looking for the containerd at {}\nhint: {}\n",
                                        facts.error().text(), fallback, facts.error().hint());
      return fallback;
    }
  }
  return configured_containerd_address(host, config_path);
}

void say_other_address(Host& host, const std::string& address) {
  config::Overrides overrides;
  if (!host.options().config_file.empty()) overrides.file = host.options().config_file;
  const auto others = config::load(overrides);
  // Where nobody chose, the private one's socket is looked for first: it may not be there yet.
  const bool found =
      others && (others->containerd_address_chosen ? others->containerd_address == address
                                                   : address == config::private_containerd_address);
  if (found || host.streams().quiet) return;
  host.streams().err << fmt::format(
      "other commands look elsewhere: export FLINTCTL_CONTAINERD_ADDRESS={}, or write "
      "containerd_address = \"{}\" into {}\n",
      address, address, config::default_file);
}

}  // namespace flintctl::cmd
