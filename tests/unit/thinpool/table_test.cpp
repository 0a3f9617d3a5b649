// SPDX-License-Identifier: Apache-2.0
#include "thinpool/table.hpp"

#include "support/catch.hpp"

using namespace flintctl;
using devmapper::Target;

TEST_CASE("a pool's default table has 64 KiB blocks, the mark at 32768 and no features") {
  thinpool::PoolTable table;
  table.length_sectors = 209715200;
  table.metadata_device = "7:1";
  table.data_device = "7:0";
  CHECK(table.target().text() == "0 209715200 thin-pool 7:1 7:0 128 32768");
  CHECK(table.block_bytes() == 65536);
}

TEST_CASE("a table is read back as it was written") {
  thinpool::PoolTable table;
  table.length_sectors = 1024;
  table.metadata_device = "/dev/vg/meta";
  table.data_device = "253:4";
  table.block_sectors = 1024;
  table.low_water_blocks = 0;
  table.features.skip_block_zeroing = true;
  table.features.ignore_discard = true;
  table.features.no_discard_passdown = true;
  table.features.read_only = true;
  table.features.error_if_no_space = true;
  const auto back = thinpool::parse_pool_table(table.target());
  REQUIRE(back);
  CHECK(*back == table);
}

TEST_CASE("the kernel's form of a table without features is read") {
  const auto table = thinpool::parse_pool_table({0, 2048, "thin-pool", "7:1 7:0 128 32768 0 "});
  REQUIRE(table);
  CHECK(table->features == thinpool::Features());
  const auto seeds =
      thinpool::parse_pool_table({0, 2048, "thin-pool", "7:1 7:0 128 32768 1 skip_block_zeroing"});
  REQUIRE(seeds);
  CHECK(thinpool::feature_words(seeds->features) == std::vector<std::string>{"skip_block_zeroing"});
}

TEST_CASE("what is no pool's table is refused") {
  for (const char* params : {"", "7:1", "7:1 7:0 128", "7:1 7:0 x 32768", "7:1 7:0 0 32768",
                             "7:1 7:0 128 -1", "7:1 7:0 128 32768 2 skip_block_zeroing",
                             "7:1 7:0 128 32768 1 unheard_of", "7:1 7:0 128 32768 0 read_only",
                             "7:1 7:0 128 99999999999999999999999", "7:1 7:0 128 32768 x"}) {
    CAPTURE(params);
    CHECK_FALSE(thinpool::parse_pool_table({0, 2048, "thin-pool", params}));
  }
  CHECK_FALSE(thinpool::parse_pool_table({0, 2048, "linear", "7:1 7:0 128 32768"}));
}

TEST_CASE("a volume's table names pool and id") {
  const auto volume = thinpool::parse_volume_table({0, 20971520, "thin", "254:0 3"});
  REQUIRE(volume);
  CHECK(volume->pool_device == "254:0");
  CHECK(volume->id == 3);
  CHECK(thinpool::parse_volume_table({0, 8, "thin", "254:0 3 254:9"}));
  CHECK_FALSE(thinpool::parse_volume_table({0, 8, "thin", "254:0"}));
  CHECK_FALSE(thinpool::parse_volume_table({0, 8, "thin", "254:0 x"}));
  CHECK_FALSE(thinpool::parse_volume_table({0, 8, "thin-pool", "254:0 3"}));
}
