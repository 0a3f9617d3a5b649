// SPDX-License-Identifier: Apache-2.0
#include "provision/host_plan.hpp"

#include <memory>

#include "provision/containerd_program.hpp"
#include "provision/lvm_step.hpp"
#include "provision/modules_step.hpp"
#include "provision/network_step.hpp"
#include "provision/packages_step.hpp"

namespace flintctl::provision {

HostPaths host_paths(const config::Config& config) {
  HostPaths paths;
  paths.state = config.state_directory;
  paths.run_directory = config.run_directory;
  return paths;
}

namespace {

void add_containerd(Plan& plan, const HostPaths& paths, const HostSettings& settings,
                    Services& services) {
  if (settings.containerd_mode == HostSettings::ContainerdMode::system) {
    plan.add(std::make_unique<SystemContainerdStep>(paths, settings.system_containerd, services));
    return;
  }
  const auto& source = settings.private_containerd.source;
  if (source) plan.add(containerd_program_step(*source, paths.facts()));
  plan.add(std::make_unique<ContainerdStep>(paths, settings.private_containerd, services));
}

}  // namespace

Plan host_plan(const HostPaths& paths, const HostSettings& settings, PoolDrivers& drivers,
               Services& services) {
  Plan plan(paths, services);
  plan.add(std::make_unique<PackagesStep>(
      needed_programs(settings),
      settings.install_packages ? PackagesStep::Install::allowed : PackagesStep::Install::forbidden,
      services));
  plan.add(std::make_unique<ModulesStep>(paths, host_modules(), settings.extra_modules));
  plan.add(std::make_unique<UdevStep>(paths, settings.pool_name()));
  if (settings.devpool) {
    plan.add(
        std::make_unique<DevpoolStep>(paths, settings.pool, drivers, services, settings.watch));
  }
  if (settings.lvm) {
    plan.add(std::make_unique<LvmStep>(paths, settings.lvm_pool, drivers, services));
  }
  if (settings.containerd) add_containerd(plan, paths, settings, services);
  if (settings.network) {
    plan.add(std::make_unique<NetworkStep>(settings.network_spec, paths, services));
  }
  VmmPaths vmms;
  vmms.facts = paths.facts();
  for (const VmmSource& source : settings.vmms) {
    if (source.given()) plan.add(std::make_unique<VmmStep>(source, vmms));
  }
  return plan;
}

Plan every_step(const HostPaths& paths, const HostSettings& settings, PoolDrivers& drivers,
                Services& services) {
  HostSettings all = settings;
  all.devpool = true;
  all.lvm = true;
  all.containerd = true;
  all.private_containerd.source.emplace();
  all.containerd_mode = HostSettings::ContainerdMode::own;
  all.network = true;
  Plan plan = host_plan(paths, all, drivers, services);
  plan.add(std::make_unique<SystemContainerdStep>(paths, all.system_containerd, services));
  plan.add(std::make_unique<VmmStep>(VmmSource()));
  return plan;
}

}  // namespace flintctl::provision
