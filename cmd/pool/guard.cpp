// SPDX-License-Identifier: Apache-2.0
#include "pool/guard.hpp"

#include "devmapper/driver.hpp"
#include "loop/driver.hpp"
#include "provision/containerd_pool.hpp"
#include "thinpool/fill.hpp"

namespace flintctl::cmd {

Result<std::string> pool_in_use(Host& host) {
  const config::Config* config = TRY(host.config());
  const auto own = TRY(provision::pool_of_own_containerd(config->containerd_address));
  return own.value_or(config->pool);
}

Result<> guard_pool(Host& host, Overcommit overcommit) {
  const config::Config* config = TRY(host.config());
  if (config->snapshotter != "devmapper") return {};
  const auto driver = devmapper::open();
  if (!driver) return {};
  const auto own = TRY(provision::pool_of_own_containerd(config->containerd_address));
  if (own) TRY(provision::require_active_pool(*own, **driver));
  // A pool of LVM's stands on none, and its kernel may have no loop devices.
  const auto loops = TRY(loop::open(sys::Modules::leave));
  const thinpool::FillVerdict verdict =
      TRY(thinpool::judge_fill(own.value_or(config->pool), **driver, *loops));
  if (verdict.refusal && overcommit == Overcommit::refused) return Error(*verdict.refusal);
  if (verdict.warning) host.streams().err << "warning: " << *verdict.warning << '\n';
  return {};
}

}  // namespace flintctl::cmd
