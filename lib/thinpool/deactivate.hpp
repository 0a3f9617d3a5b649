// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "core/result.hpp"
#include "devmapper/driver.hpp"

namespace flintctl::thinpool {

/// aborted when somebody has one of the pool's active volumes open: names volume and user (process
/// or mount point); and when a device stands on the pool that is no snapshot of containerd's, by
/// whose names they are known ("POOL-snap-N"). Fine when there is no such pool.
Result<> refuse_in_use(const std::string& pool, devmapper::Driver& driver);

/// Waits until nobody has the volume open; fine when there is none of that name. aborted, which
/// names the user, when somebody still has after `timeout`.
Result<> wait_unused(const std::string& volume, devmapper::Driver& driver,
                     std::chrono::milliseconds timeout);

/// Takes the pool's volumes out of the kernel, and leaves the pool. Refuses as above, before any is
/// removed. Fine when there is no such pool.
Result<> deactivate_volumes(const std::string& pool, devmapper::Driver& driver);

/// Takes the pool's volumes and then the pool out of the kernel; all data stays in the files, and
/// loop devices that were attached for the pool go with it. Refuses as above, before anything is
/// removed. Fine when there is no such pool.
Result<> deactivate(const std::string& pool, devmapper::Driver& driver);

}  // namespace flintctl::thinpool
