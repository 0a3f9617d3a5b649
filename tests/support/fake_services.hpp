// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
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
  std::set<std::string> outdated;                 ///< known by a file that changed since
  std::map<std::string, std::string> file_words;  ///< "disabled", "masked"

  bool running() override { return runs; }
  Result<> reload() override {
    TRY(fault_.call("reload units"));
    outdated.clear();
    return {};
  }
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
    return UnitState{is_active, outdated.count(unit) != 0, is_active ? "active" : "inactive", true,
                     file_words[unit]};
  }

 private:
  Fault& fault_;
};

}  // namespace flintctl::testing
