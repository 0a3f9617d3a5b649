// SPDX-License-Identifier: Apache-2.0
#include "image/space_watch.hpp"

#include "core/units.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using image::SpaceWatch;

TEST_CASE("what the kernel has not written yet must still fit") {
  std::uint64_t free = 100 * mib;
  int asked = 0;
  std::uint64_t unwritten = 1000 * gib;  // by others
  SpaceWatch watch(
      [&]() -> Result<std::uint64_t> {
        ++asked;
        return free;
      },
      [&]() -> Result<std::uint64_t> { return unwritten; });
  const auto room = [&] { return watch.room()->value(); };
  const auto fits = [&](std::uint64_t unpacked) {
    return watch.check(unpacked, SpaceWatch::When::now).has_value();
  };
  CHECK(room() == 84 * mib);
  CHECK(fits(80 * mib));  // nothing of it is in the pool yet: 84 is the most
  CHECK_FALSE(fits(90 * mib));
  free = 40 * mib;  // 60 of it are
  CHECK(fits(80 * mib));
  CHECK_FALSE(fits(85 * mib));
  unwritten = 20 * mib;  // what others gave back hides that more of it is
  CHECK(fits(90 * mib));
  unwritten = 25 * mib;
  CHECK_FALSE(fits(90 * mib));
  free = 50 * mib;  // the next snapshot begins
  CHECK(room() == 34 * mib);
  free = 10 * mib;  // others write, too
  CHECK_FALSE(fits(0));
  CHECK(watch.room().error().code() == Code::resource_exhausted);
  const int before = asked;
  CHECK(watch.check(0, SpaceWatch::When::sometimes));
  CHECK(asked == before);
  CHECK_FALSE(SpaceWatch({}).room()->has_value());
  CHECK(SpaceWatch::unwritten_bytes());
  CHECK(SpaceWatch({}).check(1000 * gib, SpaceWatch::When::now));
}
