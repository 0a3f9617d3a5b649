// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lvm/tools.hpp"
#include "support/fault.hpp"

namespace flintctl::testing {

/// What LVM would know after the programs that were run.
class FakeLvm final : public lvm::Tools {
 public:
  struct Pool {
    std::string profile;
    std::string zero = "zero";
    bool active = true;
    bool monitored = true;
    unsigned thin_count = 0;
  };
  std::map<std::string, std::string> groups;   ///< by name: its disk's UUID
  std::map<std::string, Pool> pools;           ///< by group; all are called thinpool
  std::set<std::string> orphans;               ///< UUIDs
  std::vector<std::string> ran;                ///< all but reports
  std::map<std::string, std::uint64_t> plain;  ///< other volumes of every group: their bytes
  std::map<std::string, bool> thin;            ///< in the pool of every group: whether active
  std::string pool_name = "thinpool";          ///< by which LVM knows all pools
  bool exported = false;                       ///< all groups are
  bool monitoring_works = true;

  explicit FakeLvm(Fault& fault) : fault_(fault) {}

  bool available() override { return true; }
  Result<std::string> run(const std::vector<std::string>& words) override {
    const std::string& command = words.front();
    if (command == "fullreport") return report();
    TRY(fault_.call("lvm " + command));
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
    ran.push_back(line);
    if (command == "pvcreate") orphans.insert(words.at(2));
    if (command == "pvremove") orphans.clear();
    if (command == "vgcreate") {
      groups[words.at(1)] = *orphans.begin();
      orphans.clear();
    }
    if (command == "vgremove") {
      orphans.insert(groups.at(words.at(1)));
      groups.erase(words.at(1));
    }
    if (command == "lvcreate") {
      pools[words.back()] = {words.at(words.size() - 2), "zero", true, monitoring_works, 0};
    }
    if (command == "lvremove") {
      const std::string volume = words.back().substr(words.back().find('/') + 1);
      if (plain.erase(volume) == 0) pools.erase(group_of(words));
    }
    if (command == "lvchange") change(words, pools.at(group_of(words)));
    return std::string();
  }

 private:
  static std::string group_of(const std::vector<std::string>& words) {
    return words.back().substr(0, words.back().find('/'));
  }
  void change(const std::vector<std::string>& words, Pool& pool) const {
    const std::string& what = words.at(1);
    if (what == "--zero") pool.zero = "zero";
    if (what == "--activate") pool.active = words.at(2) == "y";
    if (what == "--monitor") pool.monitored = monitoring_works;
    if (what == "--metadataprofile") pool.profile = words.at(2);
    if (what == "--detachprofile") pool.profile.clear();
  }
  [[nodiscard]] std::string report() const {
    std::string parts;
    for (const auto& [name, uuid] : groups) {
      std::string volumes;
      std::string segments;
      if (const auto pool = pools.find(name); pool != pools.end()) {
        volumes =
            fmt::format(R"({{"lv_uuid":"L","lv_name":"{}","lv_active":"{}","lv_size":"800000000",)"
                        R"("lv_metadata_size":"67108864","lv_profile":"{}"}})",
                        pool_name, pool->second.active ? "active" : "", pool->second.profile);
        segments =
            fmt::format(R"({{"lv_uuid":"L","segtype":"thin-pool","zero":"{}","thin_count":"{}",)"
                        R"("seg_monitor":"{}"}})",
                        pool->second.zero, pool->second.thin_count,
                        pool->second.monitored ? "monitored" : "not monitored");
      }
      for (const auto& [volume, size] : plain) {
        const char* comma = volumes.empty() ? "" : ",";
        volumes += fmt::format(R"({}{{"lv_uuid":"{}","lv_name":"{}","lv_size":"{}"}})", comma,
                               volume, volume, size);
        segments += fmt::format(R"({}{{"lv_uuid":"{}","segtype":"linear"}})", comma, volume);
      }
      for (const auto& [volume, active] : thin) {
        const char* comma = volumes.empty() ? "" : ",";
        volumes +=
            fmt::format(R"({}{{"lv_uuid":"{}","lv_name":"{}","lv_active":"{}","pool_lv":"{}"}})",
                        comma, volume, volume, active ? "active" : "", pool_name);
        segments += fmt::format(R"({}{{"lv_uuid":"{}","segtype":"thin"}})", comma, volume);
      }
      parts += fmt::format(
          R"({{"vg":[{{"vg_name":"{}","vg_exported":"{}","vg_size":"1069547520","vg_free":"200000000",)"
          R"("vg_extent_size":"4194304"}}],"pv":[{{"pv_name":"/dev/sdb","pv_uuid":"{}"}}],)"
          R"("lv":[{}],"seg":[{}]}},)",
          name, exported ? "exported" : "", uuid, volumes, segments);
    }
    for (const std::string& uuid : orphans) {
      parts += fmt::format(R"({{"pv":[{{"pv_name":"/dev/sdb","pv_uuid":"{}"}}]}},)", uuid);
    }
    if (!parts.empty()) parts.pop_back();
    return R"({"report":[)" + parts + "]}";
  }

  Fault& fault_;
};

}  // namespace flintctl::testing
