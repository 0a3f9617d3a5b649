// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

enum class Overcommit { refused, allowed };

/// The pool that containerd takes its volumes from: what the private containerd runs with, else the
/// configured one.
Result<std::string> pool_in_use(Host& host);

/// Before work that fills the pool: warns on the error stream when it is nearly full,
/// resource_exhausted when it is too full (unless overcommit is allowed), host_not_ready when the
/// private containerd's is not active. Fine where the snapshotter is not devmapper, and where
/// another containerd may well use another pool than we know of.
Result<> guard_pool(Host& host, Overcommit overcommit);

inline constexpr const char* overcommit_help =
    "Go on even where the pool is nearly full (data over 90%, metadata over 80%)";

}  // namespace flintctl::cmd
