// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <vector>

#include "data/value.hpp"
#include "output/format.hpp"
#include "thinpool/pool.hpp"

namespace flintctl::cmd {

/// A pool as JSON: field names are stable.
data::Value to_value(const thinpool::Pool& pool);

/// A table of pools, and below it one of their active volumes, if any.
void print_pools(std::ostream& out, output::Kind kind, output::Table::Titles titles,
                 const std::vector<thinpool::Pool>& pools);

}  // namespace flintctl::cmd
