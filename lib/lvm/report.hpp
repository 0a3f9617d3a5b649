// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "lvm/names.hpp"
#include "lvm/tools.hpp"

namespace flintctl::lvm {

/// A disk that LVM has marked as its own.
struct PhysicalVolume {
  std::string device;  ///< "/dev/sdb"; "[unknown]" when it is missing
  std::string uuid;
};

struct LogicalVolume {
  std::string name;
  std::string type;  ///< "thin-pool", "linear"
  std::uint64_t size_bytes = 0;
  bool active = false;
  std::string profile;     ///< the metadata profile's name; empty for none
  std::string pool;        ///< of a thin volume: the thin pool that it is in
  bool monitored = false;  ///< dmeventd watches it
  // Of a thin pool only.
  std::uint64_t metadata_bytes = 0;
  bool zeroes = false;           ///< new blocks are zeroed
  std::uint64_t thin_count = 0;  ///< LVM's own thin volumes in it
};

struct VolumeGroup {
  std::string name;
  std::uint64_t size_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t extent_bytes = 0;
  std::vector<PhysicalVolume> physical;
  std::vector<LogicalVolume> logical;  ///< those that LVM shows
  bool exported = false;               ///< kept from every use until vgimport(8)

  [[nodiscard]] const LogicalVolume* find(std::string_view volume) const;
};

/// All that LVM knows on this host.
struct Report {
  std::vector<VolumeGroup> groups;
  std::vector<PhysicalVolume> orphans;  ///< physical volumes of no group

  /// By the whole name, never by a part of it.
  [[nodiscard]] const VolumeGroup* find(std::string_view group) const;
};

/// What `lvm fullreport --reportformat json --units b --nosuffix` printed.
Result<Report> parse_report(std::string_view json);

/// Asks LVM, in one child process.
Result<Report> read_report(Tools& tools);

}  // namespace flintctl::lvm
