// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"

namespace flintctl::lvm {

/// A logical volume by name.
struct LogicalName {
  std::string group;
  std::string volume;
  bool operator==(const LogicalName&) const = default;
  /// "group/volume", as LVM's programs take it.
  [[nodiscard]] std::string text() const { return group + "/" + volume; }
};

/// The device-mapper name: "group-volume", where each hyphen within a name is doubled.
std::string dm_name(const LogicalName& name);

/// The profile that provisioning gives a pool, by its dm name: as LVM knows it, and its file.
std::string profile_name(const std::string& dm_name);
std::string profile_path(const std::string& etc, const std::string& dm_name);

/// The way back; nothing for what no logical volume can be called.
std::optional<LogicalName> parse_dm_name(const std::string& name);

/// invalid_argument for what LVM does not take, or keeps for itself. lvm(8), "VALID NAMES".
Result<> check_name(const LogicalName& name);

}  // namespace flintctl::lvm
