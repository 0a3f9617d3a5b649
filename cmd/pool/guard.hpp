// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

enum class Overcommit { refused, allowed };

/// Before work that fills the configured pool: warns on the error stream when it is nearly full,
/// resource_exhausted when it is too full (unless overcommit is allowed). Fine where the
/// snapshotter is not devmapper, and where there is no such pool: who needs one finds that out.
Result<> guard_pool(Host& host, Overcommit overcommit);

inline constexpr const char* overcommit_help =
    "Go on even where the pool is nearly full (data over 90%, metadata over 80%)";

}  // namespace flintctl::cmd
