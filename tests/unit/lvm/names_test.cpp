// SPDX-License-Identifier: Apache-2.0
#include "lvm/names.hpp"

#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::lvm;

TEST_CASE("a device-mapper name doubles the hyphens of its parts, and leads back to them") {
  for (const LogicalName& name : {LogicalName{"flintlock", "thinpool"}, LogicalName{"my-vg", "a-b"},
                                  LogicalName{"a--", "b"}, LogicalName{"v_1.x+", "p"}}) {
    INFO(dm_name(name));
    CHECK(check_name(name));
    const auto parsed = parse_dm_name(dm_name(name));
    REQUIRE(parsed);
    CHECK(*parsed == name);
  }
  CHECK(dm_name({"my-vg", "a-b"}) == "my--vg-a--b");
}

TEST_CASE("what no logical volume can be called is none") {
  for (const char* name :
       {"", "pool", "a-b-c", "flintlock-dev-thinpool", "-a", "a-", "a--b", "a-b c"}) {
    INFO(name);
    CHECK_FALSE(parse_dm_name(name));
  }
}

TEST_CASE("names that LVM refuses or keeps for itself are refused") {
  for (const LogicalName& name :
       {LogicalName{"", "p"}, LogicalName{"-a", "p"}, LogicalName{"a/b", "p"},
        LogicalName{"..", "p"}, LogicalName{"v", "pool_tmeta"}, LogicalName{"v", "snapshot1"},
        LogicalName{std::string(60, 'x'), std::string(60, 'y')}}) {
    INFO(name.text());
    const auto checked = check_name(name);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code() == Code::invalid_argument);
  }
}
