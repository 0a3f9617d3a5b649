// SPDX-License-Identifier: Apache-2.0
#include "lvm/report.hpp"

#include <cstdlib>
#include <utility>

#include "data/value.hpp"

namespace flintctl::lvm {
namespace {

std::uint64_t number(const data::Value& row, std::string_view key) {
  return std::strtoull(row.string_or(key).c_str(), nullptr, 10);
}

const data::Array& rows(const data::Value& report, std::string_view kind) {
  static const data::Array none;
  const data::Value* found = report.find(kind);
  return found == nullptr ? none : found->elements();
}

/// The segment of a volume: what a thin pool has only one of.
const data::Value* segment_of(const data::Value& report, const std::string& uuid) {
  for (const data::Value& row : rows(report, "seg")) {
    if (row.string_or("lv_uuid") == uuid) return &row;
  }
  return nullptr;
}

LogicalVolume read_volume(const data::Value& report, const data::Value& row) {
  LogicalVolume volume;
  volume.name = row.string_or("lv_name");
  volume.size_bytes = number(row, "lv_size");
  volume.active = row.string_or("lv_active") == "active";
  volume.profile = row.string_or("lv_profile");
  volume.pool = row.string_or("pool_lv");
  volume.metadata_bytes = number(row, "lv_metadata_size");
  const data::Value* segment = segment_of(report, row.string_or("lv_uuid"));
  if (segment == nullptr) return volume;
  volume.type = segment->string_or("segtype");
  volume.monitored = segment->string_or("seg_monitor") == "monitored";
  volume.zeroes = segment->string_or("zero") == "zero";
  volume.thin_count = number(*segment, "thin_count");
  return volume;
}

std::vector<PhysicalVolume> read_physical(const data::Value& report) {
  std::vector<PhysicalVolume> found;
  for (const data::Value& row : rows(report, "pv")) {
    found.push_back({row.string_or("pv_name"), row.string_or("pv_uuid")});
  }
  return found;
}

VolumeGroup read_group(const data::Value& report, const data::Value& row) {
  VolumeGroup group;
  group.name = row.string_or("vg_name");
  group.size_bytes = number(row, "vg_size");
  group.free_bytes = number(row, "vg_free");
  group.extent_bytes = number(row, "vg_extent_size");
  group.exported = row.string_or("vg_exported") == "exported";
  group.physical = read_physical(report);
  for (const data::Value& volume : rows(report, "lv")) {
    group.logical.push_back(read_volume(report, volume));
  }
  return group;
}

}  // namespace

const LogicalVolume* VolumeGroup::find(std::string_view volume) const {
  for (const LogicalVolume& candidate : logical) {
    if (candidate.name == volume) return &candidate;
  }
  return nullptr;
}

const VolumeGroup* Report::find(std::string_view group) const {
  for (const VolumeGroup& candidate : groups) {
    if (candidate.name == group) return &candidate;
  }
  return nullptr;
}

Result<Report> parse_report(std::string_view json) {
  const data::Value document = TRY(data::parse_json(json).context("reading LVM's report"));
  Report report;
  for (const data::Value& part : rows(document, "report")) {
    const data::Array& groups = rows(part, "vg");
    if (groups.empty() || groups.front().string_or("vg_name").empty()) {
      for (PhysicalVolume& orphan : read_physical(part)) {
        report.orphans.push_back(std::move(orphan));
      }
      continue;
    }
    report.groups.push_back(read_group(part, groups.front()));
  }
  return report;
}

Result<Report> read_report(Tools& tools) {
  const std::string json =
      TRY(tools.run({"fullreport", "--reportformat", "json", "--units", "b", "--nosuffix"}));
  return parse_report(json);
}

}  // namespace flintctl::lvm
