// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.hpp"
#include "provision/devpool_step.hpp"
#include "provision/host_settings.hpp"
#include "provision/plan.hpp"

namespace flintctl::provision {

/// The folders of this host, as configured.
HostPaths host_paths(const config::Config& config);

/// All steps that `settings` ask for, in order.
Plan host_plan(const HostPaths& paths, const HostSettings& settings, PoolDrivers& drivers,
               Services& services);

/// Every step there is, whatever is asked for: what reset() needs to undo all that was ever done.
Plan every_step(const HostPaths& paths, const HostSettings& settings, PoolDrivers& drivers,
                Services& services);

}  // namespace flintctl::provision
