// SPDX-License-Identifier: Apache-2.0
#include "pool/guard.hpp"

#include "devmapper/driver.hpp"
#include "thinpool/fill.hpp"

namespace flintctl::cmd {

Result<> guard_pool(Host& host, Overcommit overcommit) {
  const config::Config* config = TRY(host.config());
  if (config->snapshotter != "devmapper") return {};
  const auto driver = devmapper::open();
  if (!driver) return {};
  const thinpool::FillVerdict verdict = TRY(thinpool::judge_fill(config->pool, **driver));
  if (verdict.refusal && overcommit == Overcommit::refused) return Error(*verdict.refusal);
  if (verdict.warning) host.streams().err << "warning: " << *verdict.warning << '\n';
  return {};
}

}  // namespace flintctl::cmd
