// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "devmapper/driver.hpp"
#include "loop/driver.hpp"
#include "thinpool/status.hpp"

namespace flintctl::thinpool {

/// Per cent of data and metadata blocks at which a person is warned, and at which no new work is
/// begun: nobody watches a pool when there is no daemon, and a full one stops every VM on it. Full
/// metadata is worse than full data, so its marks are lower.
struct FillLimits {
  double data_warning = 80;
  double data_limit = 90;
  double metadata_warning = 70;
  double metadata_limit = 80;
};

/// What a pool's fill level means for who wants to put more into it.
struct FillVerdict {
  std::optional<std::string> warning;  ///< it will be full before long, and what to do
  std::optional<Error> refusal;        ///< resource_exhausted, with what to do as its hint
};
FillVerdict judge_fill(const std::string& pool, const PoolStatus& status,
                       const FillLimits& limits = {});

/// The same of the live pool, and of the filesystem that its files lie on. No verdict when there is
/// no such pool: who needs one finds that out.
Result<FillVerdict> judge_fill(const std::string& pool, devmapper::Driver& driver,
                               loop::Driver& loops);

}  // namespace flintctl::thinpool
