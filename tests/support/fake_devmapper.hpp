// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <sstream>

#include "devmapper/driver.hpp"
#include "support/fault.hpp"

namespace flintctl::testing {

/// Device-mapper devices that exist only as entries.
class FakeDevmapper final : public devmapper::Driver {
 public:
  struct Entry {
    std::string uuid;
    devmapper::DeviceNumber number;
    devmapper::Table live;
    devmapper::Table inactive;
    std::string status;  ///< what status() gives for the one target
    bool suspended = false;
    bool has_node = false;
    int open_count = 0;
  };
  std::map<std::string, Entry> devices;
  /// Called when a table becomes live: a test gives the device its status, or refuses.
  std::function<Result<>(Entry&)> on_resume;

  explicit FakeDevmapper(Fault& fault) : fault_(fault) {}

  /// A device as another tool would have made it.
  Entry& add(const std::string& name, const devmapper::Target& target, const std::string& status) {
    Entry entry;
    entry.number = {254, next_minor_++};
    entry.live = {target};
    entry.status = status;
    return devices[name] = entry;
  }

  Result<devmapper::Version> version() override { return devmapper::Version{4, 48, 0}; }
  Result<> require_target(const std::string&) override { return fault_.call("dm require_target"); }
  Result<> create(const std::string& name, const std::string& uuid) override {
    TRY(fault_.call("dm create"));
    if (devices.count(name) != 0) return Error(Code::aborted, "name is taken");
    devices[name].uuid = uuid;
    devices[name].number = {254, next_minor_++};
    return {};
  }
  Result<> load(const std::string& name, const devmapper::Table& table) override {
    TRY(fault_.call("dm load"));
    TRY(known(name))->inactive = table;
    return {};
  }
  Result<> suspend(const std::string& name) override {
    TRY(fault_.call("dm suspend"));
    TRY(known(name))->suspended = true;
    return {};
  }
  Result<> resume(const std::string& name) override {
    TRY(fault_.call("dm resume"));
    Entry* entry = TRY(known(name));
    if (!entry->inactive.empty()) entry->live = std::move(entry->inactive);
    entry->inactive.clear();
    entry->suspended = false;
    return on_resume ? on_resume(*entry) : Result<>();
  }
  Result<> remove(const std::string& name, devmapper::Removal) override {
    TRY(fault_.call("dm remove"));
    TRY(known(name));
    devices.erase(name);
    return {};
  }
  Result<> message(const std::string&, const std::string& text) override {
    return fault_.call("dm message " + text);
  }
  Result<devmapper::DeviceInfo> info(const std::string& name) override {
    TRY(fault_.call("dm info"));
    const Entry* entry = TRY(known(name));
    devmapper::DeviceInfo info;
    info.name = name;
    info.uuid = entry->uuid;
    info.number = entry->number;
    info.suspended = entry->suspended;
    info.open_count = entry->open_count;
    info.has_live_table = !entry->live.empty();
    info.has_inactive_table = !entry->inactive.empty();
    return info;
  }
  Result<devmapper::Table> table(const std::string& name) override {
    TRY(fault_.call("dm table"));
    return TRY(known(name))->live;
  }
  Result<devmapper::Table> status(const std::string& name) override {
    TRY(fault_.call("dm status"));
    const Entry* entry = TRY(known(name));
    devmapper::Table lines = entry->live;
    for (devmapper::Target& line : lines) line.params = entry->status;
    return lines;
  }
  Result<std::vector<devmapper::Device>> list() override {
    TRY(fault_.call("dm list"));
    std::vector<devmapper::Device> found;
    for (const auto& [name, entry] : devices) found.push_back({name, entry.number});
    return found;
  }
  /// Every "major:minor" word of the live table.
  Result<std::vector<devmapper::DeviceNumber>> dependencies(const std::string& name) override {
    TRY(fault_.call("dm dependencies"));
    std::vector<devmapper::DeviceNumber> found;
    for (const devmapper::Target& target : TRY(known(name))->live) {
      std::istringstream words(target.params);
      for (std::string word; words >> word;) {
        if (const auto number = devmapper::parse_device_number(word)) found.push_back(*number);
      }
    }
    return found;
  }
  Result<> ensure_node(const std::string& name) override {
    TRY(fault_.call("dm ensure_node"));
    TRY(known(name))->has_node = true;
    return {};
  }

 private:
  Result<Entry*> known(const std::string& name) {
    const auto found = devices.find(name);
    if (found == devices.end()) return Error(Code::not_found, "no device '" + name + "'");
    return &found->second;
  }

  Fault& fault_;
  unsigned next_minor_ = 0;
};

}  // namespace flintctl::testing
