// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "devmapper/driver.hpp"

namespace flintctl::devmapper {

/// Driver by libdevmapper's ioctls. Made by open(); room-internal.
class KernelDriver final : public Driver {
 public:
  Result<Version> version() override;
  Result<> require_target(const std::string& type) override;
  Result<> create(const std::string& name, const std::string& uuid) override;
  Result<> load(const std::string& name, const Table& table) override;
  Result<> suspend(const std::string& name) override;
  Result<> resume(const std::string& name) override;
  Result<> remove(const std::string& name, Removal removal) override;
  Result<> message(const std::string& name, const std::string& text) override;
  Result<DeviceInfo> info(const std::string& name) override;
  Result<Table> table(const std::string& name) override;
  Result<Table> status(const std::string& name) override;
  Result<std::vector<Device>> list() override;
  Result<std::vector<DeviceNumber>> dependencies(const std::string& name) override;
  Result<> ensure_node(const std::string& name) override;
};

}  // namespace flintctl::devmapper
