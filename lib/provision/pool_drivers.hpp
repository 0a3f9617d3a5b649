// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "devmapper/driver.hpp"
#include "disk/disk.hpp"
#include "loop/driver.hpp"
#include "lvm/tools.hpp"

namespace flintctl::provision {

/// The disks of a host.
class Disks {
 public:
  virtual ~Disks() = default;
  virtual Result<disk::Disk> inspect(const std::string& path) = 0;
  virtual Result<> wipe(const disk::Disk& disk) = 0;
  /// Those that a person may be shown as free.
  virtual Result<std::vector<disk::Disk>> free() = 0;
};

/// The drivers that pools need, opened when first asked for: a bare host has none before its
/// modules are loaded.
class PoolDrivers {
 public:
  virtual ~PoolDrivers() = default;
  virtual Result<devmapper::Driver*> devmapper() = 0;
  virtual Result<loop::Driver*> loops() = 0;
  /// For who only looks: what the kernel has loaded already. Without device-mapper host_not_ready,
  /// without loop devices a driver that sees none.
  virtual Result<devmapper::Driver*> loaded_devmapper() { return devmapper(); }
  virtual Result<loop::Driver*> loaded_loops() { return loops(); }
  virtual lvm::Tools& lvm() = 0;
  virtual Disks& disks() = 0;
};
std::unique_ptr<PoolDrivers> host_pool_drivers();

}  // namespace flintctl::provision
