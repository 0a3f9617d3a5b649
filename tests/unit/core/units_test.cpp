// SPDX-License-Identifier: Apache-2.0
#include "core/units.hpp"

#include "support/catch.hpp"

using namespace flintctl;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("sizes are powers of 1024 in every notation") {
  CHECK(*parse_size("4096") == 4096);
  CHECK(*parse_size("512Mi") == 512 * mib);
  CHECK(*parse_size("10G") == 10 * gib);
  CHECK(*parse_size("10GB") == 10 * gib);
  CHECK(*parse_size("10GiB") == 10 * gib);
  CHECK(*parse_size("64k") == 64 * kib);
  CHECK(*parse_size("1T") == 1024 * gib);
}

TEST_CASE("what is no size is refused with an example") {
  for (const char* text : {"", "G", "-1", "10X", "10Gx", "1.5G", " 1", "99999999999999999999"}) {
    INFO(text);
    const auto size = parse_size(text);
    REQUIRE_FALSE(size);
    CHECK(size.error().code() == Code::invalid_argument);
  }
  CHECK_FALSE(parse_size("18446744073709551615G"));
}

TEST_CASE("sizes print short") {
  CHECK(format_size(0) == "0 B");
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(1536) == "1.5 KiB");
  CHECK(format_size(10 * gib) == "10 GiB");
  CHECK(format_size(gib - 1) == "1 GiB");
}

TEST_CASE("durations follow Go's notation; a plain number is seconds") {
  CHECK(*parse_duration("30s") == seconds(30));
  CHECK(*parse_duration("90") == seconds(90));
  CHECK(*parse_duration("1h30m") == seconds(5400));
  CHECK(*parse_duration("7d") == std::chrono::hours(7 * 24));
  CHECK(*parse_duration("500ms") == milliseconds(500));
  for (const char* text : {"", "s", "-1s", "5x", "1h30", "99999999999h", "9223372036854775807"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("ages read as kubectl's") {
  CHECK(format_age(seconds(-5)) == "0s");
  CHECK(format_age(seconds(119)) == "119s");
  CHECK(format_age(seconds(192)) == "3m12s");
  CHECK(format_age(seconds(3600)) == "60m");
  CHECK(format_age(seconds(3600 * 5)) == "5h");
  CHECK(format_age(seconds(3600 * 24 * 5)) == "5d");
}
