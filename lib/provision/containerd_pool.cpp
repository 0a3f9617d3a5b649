// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_pool.hpp"

#include <fmt/format.h>

#include "provision/containerd_config.hpp"
#include "provision/containerd_process.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::provision {

Result<std::optional<std::string>> pool_of_own_containerd(const std::string& address) {
  const auto own = TRY(find_own_containerd(address));
  if (!own) return std::optional<std::string>();
  // What it runs with was read when it started; a file that was broken since says nothing.
  const auto facts = read_containerd_facts(own->config_path);
  if (!facts || facts->pool.empty()) return std::optional<std::string>();
  return std::optional(facts->pool);
}

Result<> require_active_pool(const std::string& pool, devmapper::Driver& driver) {
  const auto info = driver.info(pool);
  if (!info && info.error().code() == Code::not_found) {
    return Error(Code::host_not_ready, fmt::format("the thin pool '{}' does not exist", pool))
        .with_hint("make it, or bring it back: " + thinpool::maker_command(pool));
  }
  if (!info) return info.error();
  if (!info->suspended) return {};
  return Error(Code::host_not_ready,
               fmt::format("the thin pool '{}' is suspended: all input and output waits", pool))
      .with_hint(
          fmt::format("whoever changes it has not finished; to end that: dmsetup resume {}", pool));
}

}  // namespace flintctl::provision
