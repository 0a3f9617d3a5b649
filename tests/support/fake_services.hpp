// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "provision/host_unit.hpp"
#include "support/fault.hpp"

namespace flintctl::testing {

/// A systemd that runs whatever it is told to.
class FakeServices final : public provision::Services {
 public:
  explicit FakeServices(Fault& fault) : fault_(fault) {}

  bool runs = true;
  std::set<std::string> active;

  bool running() override { return runs; }
  Result<> reload() override { return fault_.call("reload units"); }
  Result<> start(const std::string& unit, std::chrono::milliseconds) override {
    TRY(fault_.call("start " + unit));
    active.insert(unit);
    return {};
  }
  Result<> restart(const std::string& unit, std::chrono::milliseconds) override {
    TRY(fault_.call("restart " + unit));
    active.insert(unit);
    return {};
  }
  Result<pid_t> main_pid(const std::string& unit) override {
    return Error(Code::not_found, "no process of " + unit);
  }
  Result<> stop(const std::string& unit) override {
    TRY(fault_.call("stop " + unit));
    active.erase(unit);
    return {};
  }
  Result<UnitState> state(const std::string& unit) override {
    const bool is_active = active.count(unit) != 0;
    return UnitState{is_active, false, is_active ? "active" : "inactive"};
  }

 private:
  Fault& fault_;
};

}  // namespace flintctl::testing
