// SPDX-License-Identifier: Apache-2.0
#include "lvm/report.hpp"

#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::lvm;

namespace {

/// As LVM 2.03.16 prints it, without the fields that nobody reads.
constexpr auto printed = R"({"report": [
  {"vg": [{"vg_name":"flintlock-dev", "vg_size":"264241152", "vg_free":"0",
           "vg_extent_size":"4194304"}],
   "pv": [{"pv_uuid":"Xeyqsb-34L9", "pv_name":"/dev/sdc"}], "lv": [], "seg": []},
  {"vg": [{"vg_name":"flintlock", "vg_size":"2143289344", "vg_free":"725614592",
           "vg_extent_size":"4194304"}],
   "pv": [{"pv_uuid":"flntct-abcd", "pv_name":"/dev/sdb"}],
   "lv": [{"lv_uuid":"L1", "lv_name":"thinpool", "lv_active":"active", "lv_size":"1283457024",
           "lv_metadata_size":"67108864", "lv_profile":"flintctl-x"},
          {"lv_uuid":"L2", "lv_name":"other", "lv_active":"", "lv_size":"4194304",
           "lv_metadata_size":"", "lv_profile":""}],
   "seg": [{"segtype":"thin-pool", "zero":"zero", "thin_count":"0", "seg_monitor":"monitored",
            "lv_uuid":"L1"},
           {"segtype":"linear", "zero":"unknown", "thin_count":"0", "seg_monitor":"",
            "lv_uuid":"L2"}]},
  {"pv": [{"pv_uuid":"60EB57-qXmv", "pv_name":"/dev/sdd"}], "pvseg": []}]})";

}  // namespace

TEST_CASE("LVM's report is read: groups, volumes, and disks of no group") {
  const auto report = parse_report(printed);
  REQUIRE(report);
  REQUIRE(report->groups.size() == 2);
  REQUIRE(report->orphans.size() == 1);
  CHECK(report->orphans.front().device == "/dev/sdd");
  const VolumeGroup* group = report->find("flintlock");
  REQUIRE(group != nullptr);
  CHECK(group->free_bytes == 725614592);
  CHECK(group->extent_bytes == 4194304);
  CHECK(group->physical.front().uuid == "flntct-abcd");
  const LogicalVolume* pool = group->find("thinpool");
  REQUIRE(pool != nullptr);
  CHECK(pool->type == "thin-pool");
  CHECK(pool->active);
  CHECK(pool->monitored);
  CHECK(pool->zeroes);
  CHECK(pool->metadata_bytes == 67108864);
  CHECK(pool->profile == "flintctl-x");
  CHECK_FALSE(group->find("other")->active);
}

TEST_CASE("P8: a name is found whole, never as a part of another's") {
  const auto report = parse_report(printed);
  REQUIRE(report);
  CHECK(report->find("flintlock")->name == "flintlock");
  CHECK(report->find("flint") == nullptr);
  CHECK(report->find("flintlock-de") == nullptr);
  CHECK(report->find("flintlock")->find("thinpoo") == nullptr);
}

TEST_CASE("a host without LVM has an empty report, and garbage is an error") {
  const auto empty = parse_report(R"({"report": []})");
  REQUIRE(empty);
  CHECK(empty->groups.empty());
  CHECK_FALSE(parse_report("  WARNING: nothing"));
}

TEST_CASE("what a program says last is its error, not where its help is") {
  CHECK(last_line("  Rounding up size.\n  Insufficient free space: 9 extents needed\n") ==
        "Insufficient free space: 9 extents needed");
  CHECK(
      last_line("  Option --x is unsupported.\n  Run `lvcreate --help' for more information.\n") ==
      "Option --x is unsupported.");
  CHECK(last_line("\n \n").empty());
}
