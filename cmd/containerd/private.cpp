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

}  // namespace flintctl::cmd
