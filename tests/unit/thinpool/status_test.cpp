// SPDX-License-Identifier: Apache-2.0
#include "thinpool/status.hpp"

#include "support/catch.hpp"

using namespace flintctl;
using thinpool::Discard;
using thinpool::Mode;
using thinpool::parse_pool_status;

TEST_CASE("a healthy pool's status") {
  const auto status = parse_pool_status(
      "7 108/262144 16951/163840 - rw discard_passdown queue_if_no_space - 1024 ");
  REQUIRE(status);
  CHECK(status->mode == Mode::read_write);
  CHECK(status->transaction_id == 7);
  CHECK(status->metadata.used_blocks == 108);
  CHECK(status->metadata.total_blocks == 262144);
  CHECK(status->data.used_blocks == 16951);
  CHECK(status->data.total_blocks == 163840);
  CHECK(status->data.percent() == Approx(10.346).epsilon(0.001));
  CHECK_FALSE(status->held_root);
  CHECK(status->discard == Discard::passed_down);
  CHECK_FALSE(status->error_if_no_space);
  CHECK_FALSE(status->needs_check);
  CHECK(status->metadata_low_water_blocks == std::optional<std::uint64_t>(1024));
}

TEST_CASE("a pool in trouble says so") {
  const auto full = parse_pool_status(
      "1 20/512 2560/2560 - out_of_data_space no_discard_passdown error_if_no_space - 1024");
  REQUIRE(full);
  CHECK(full->mode == Mode::out_of_data_space);
  CHECK(full->discard == Discard::not_passed_down);
  CHECK(full->error_if_no_space);
  CHECK(full->data.percent() == Approx(100));

  const auto damaged =
      parse_pool_status("1 512/512 1/2560 45 ro ignore_discard queue_if_no_space needs_check 1024");
  REQUIRE(damaged);
  CHECK(damaged->mode == Mode::read_only);
  CHECK(damaged->needs_check);
  CHECK(damaged->discard == Discard::ignored);
  CHECK(damaged->held_root == std::optional<std::uint64_t>(45));
}

TEST_CASE("the two one-word states have no counters") {
  const auto failed = parse_pool_status("Fail");
  REQUIRE(failed);
  CHECK(failed->mode == Mode::failed);
  CHECK_FALSE(failed->has_counters());
  const auto unreadable = parse_pool_status("Error");
  REQUIRE(unreadable);
  CHECK(unreadable->mode == Mode::unreadable);
  CHECK_FALSE(unreadable->has_counters());
  CHECK(unreadable->data.percent() == 0);
}

TEST_CASE("an older kernel's shorter line is read") {
  const auto status = parse_pool_status("0 10/512 0/2560 - rw discard_passdown queue_if_no_space");
  REQUIRE(status);
  CHECK_FALSE(status->metadata_low_water_blocks);
}

TEST_CASE("what is no pool's status is refused") {
  for (const char* text : {"", " ", "Failed", "Fail Fail", "0", "0 1/2 3/4 -", "0 1/2 3/4 - wr",
                           "x 1/2 3/4 - rw", "0 1 3/4 - rw", "0 1/x 3/4 - rw", "0 1/2 3/4 ? rw",
                           "0 1/2 3/4 - rw unheard_of", "0 1/99999999999999999999 3/4 - rw"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_pool_status(text));
  }
}

TEST_CASE("a volume's status is what it has mapped") {
  const auto mapped = thinpool::parse_volume_status("4096 20971519");
  REQUIRE(mapped);
  CHECK(*mapped == std::optional<std::uint64_t>(4096));
  const auto empty = thinpool::parse_volume_status("0 -");
  REQUIRE(empty);
  CHECK(*empty == std::optional<std::uint64_t>(0));
  const auto failed = thinpool::parse_volume_status("Fail");
  REQUIRE(failed);
  CHECK_FALSE(*failed);
  for (const char* text : {"", "1", "x 2", "1 x", "1 2 3"}) {
    CAPTURE(text);
    CHECK_FALSE(thinpool::parse_volume_status(text));
  }
}
