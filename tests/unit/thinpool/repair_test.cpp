// SPDX-License-Identifier: Apache-2.0
// Repair with the real thin_check and thin_repair, on metadata that thin_restore makes.
#include "fixture.hpp"
#include "sys/process.hpp"
#include "thinpool/metadata.hpp"

using namespace flintctl;
using namespace flintctl::thinpool;

namespace {

/// A pool that is not active, with metadata of one volume.
struct RestoredPool : testing::Host {
  RestoredPool() {
    spec.thin_check = "thin_check";
    REQUIRE(sys::make_directories(spec.directory));
    const std::string xml = root + "/dump.xml";
    std::ofstream(xml) << R"(<superblock uuid="" time="0" transaction="1" data_block_size="128"
 nr_data_blocks="1024"><device dev_id="1" mapped_blocks="500" transaction="0" creation_time="0"
 snap_time="0"><range_mapping origin_begin="0" data_begin="0" length="500" time="0"/></device>
</superblock>)";
    std::ofstream(metadata()) << std::string(4 * mib, '\0');
    const auto restored = sys::run(
        {sys::find_program("thin_restore").value_or("thin_restore"), "-i", xml, "-o", metadata()});
    REQUIRE(restored);
    REQUIRE(restored->status.ok());
  }
  /// Garbage over one 4 KiB block.
  void damage(unsigned block) const {
    testing::overwrite(metadata(), std::string(4096, 'x'), std::streamoff{4096} * block);
  }
};

}  // namespace

TEST_CASE("sound metadata passes, and damage is told in thin_check's own words") {
  RestoredPool pool;
  CHECK(check_metadata(pool.metadata()));
  pool.damage(1);
  const auto checked = check_metadata(pool.metadata());
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code() == Code::data_loss);
  CHECK(checked.error().text().find("bad checksum") != std::string::npos);
}

TEST_CASE("damaged metadata is repaired, and the old one is kept") {
  RestoredPool pool;
  pool.damage(GENERATE(1U, 2U, 3U));
  const std::string before = sys::read_file(pool.metadata()).value();
  const auto repaired = repair(pool.spec, pool.driver);
  INFO((repaired ? "" : repaired.error().text()));
  REQUIRE(repaired);
  CHECK(repaired->changed);
  CHECK(sys::read_file(repaired->old_metadata).value() == before);
  CHECK(check_metadata(pool.metadata()));
  CHECK(sys::list_directory(pool.spec.directory)->size() == 2);
}

TEST_CASE("what cannot be repaired stays as it was") {
  RestoredPool pool;
  pool.damage(0);  // without its superblock nothing can be read
  const std::string before = sys::read_file(pool.metadata()).value();
  REQUIRE_FALSE(repair(pool.spec, pool.driver));
  CHECK(sys::read_file(pool.metadata()).value() == before);
  CHECK(sys::list_directory(pool.spec.directory)->size() == 1);
}
