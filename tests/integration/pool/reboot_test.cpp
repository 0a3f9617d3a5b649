// SPDX-License-Identifier: Apache-2.0
// A pool over two boots of one disk: hidden tests, run by name, one in each boot.
#include "bed.hpp"
#include "core/units.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::testing;

namespace {

const std::string marker = "written before the reboot";
const std::string volume = "/dev/mapper/flintlock-dev-thinpool-snap-1";

}  // namespace

TEST_CASE("before the reboot", "[.before-reboot]") {
  const Ran made = run_flintctl({"provision", "devpool"});
  INFO(made.err);
  REQUIRE(made.out == "pool/flintlock-dev-thinpool created\n");
  activate_volume("flintlock-dev-thinpool", 1, 64 * mib, true);
  write_device(volume, marker);
}

TEST_CASE("after the reboot", "[.after-reboot]") {
  REQUIRE(devmapper_driver().list()->empty());
  const Ran back = run_flintctl({"provision", "devpool"});
  INFO(back.err);
  REQUIRE(back.out == "pool/flintlock-dev-thinpool reattached\n");
  activate_volume("flintlock-dev-thinpool", 1, 64 * mib, false);
  CHECK(read_device(volume, marker.size()) == marker);
}
