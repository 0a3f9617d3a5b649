// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"
#include "devmapper/driver.hpp"

namespace flintctl::provision {

/// The thin pool that the configuration of the private containerd at `address` names, while that
/// runs. Nothing otherwise: of another's containerd nobody but itself can tell.
Result<std::optional<std::string>> pool_of_own_containerd(const std::string& address);

/// host_not_ready when the pool that a containerd takes its volumes from is not there or suspended:
/// containerd looks at it only when it starts, and says nothing that helps once it needs it.
Result<> require_active_pool(const std::string& pool, devmapper::Driver& driver);

}  // namespace flintctl::provision
