// SPDX-License-Identifier: Apache-2.0
#include "provision/pool_drivers.hpp"

namespace flintctl::provision {
namespace {

class HostDisks final : public Disks {
 public:
  Result<disk::Disk> inspect(const std::string& path) override { return disk::inspect(path); }
  Result<> wipe(const disk::Disk& disk) override { return disk::wipe(disk); }
  Result<std::vector<disk::Disk>> free() override { return disk::free_disks(); }
};

class HostPoolDrivers final : public PoolDrivers {
 public:
  Result<devmapper::Driver*> devmapper() override {
    if (!devmapper_) devmapper_ = TRY(devmapper::open());
    return devmapper_.get();
  }
  Result<loop::Driver*> loops() override {
    if (!loops_) loops_ = TRY(loop::open());
    return loops_.get();
  }
  Result<devmapper::Driver*> loaded_devmapper() override {
    if (!devmapper_) devmapper_ = TRY(devmapper::open(sys::Modules::leave));
    return devmapper_.get();
  }
  Result<loop::Driver*> loaded_loops() override {
    if (loops_ || sys::has_misc_driver("loop-control")) return loops();
    if (!no_loops_) no_loops_ = TRY(loop::open(sys::Modules::leave));
    return no_loops_.get();
  }
  lvm::Tools& lvm() override { return *lvm_; }
  Disks& disks() override { return disks_; }

 private:
  std::unique_ptr<devmapper::Driver> devmapper_;
  std::unique_ptr<loop::Driver> loops_;
  std::unique_ptr<loop::Driver> no_loops_;
  std::unique_ptr<lvm::Tools> lvm_ = lvm::host_tools();
  HostDisks disks_;
};

}  // namespace

std::unique_ptr<PoolDrivers> host_pool_drivers() { return std::make_unique<HostPoolDrivers>(); }

}  // namespace flintctl::provision
