// SPDX-License-Identifier: Apache-2.0
#include "thinpool/fill.hpp"

#include "fixture.hpp"

using namespace flintctl;
using namespace flintctl::thinpool;

namespace {

FillVerdict judge(unsigned metadata_used, unsigned data_used) {
  const auto status =
      parse_pool_status("0 " + std::to_string(metadata_used) + "/100 " + std::to_string(data_used) +
                        "/100 - rw discard_passdown queue_if_no_space - 1024");
  REQUIRE(status);
  return judge_fill("p", *status);
}

}  // namespace

TEST_CASE("a pool with room is not spoken of") {
  const FillVerdict verdict = judge(69, 79);
  CHECK_FALSE(verdict.warning);
  CHECK_FALSE(verdict.refusal);
}

TEST_CASE("a pool that fills up is warned of, with what to do") {
  for (const FillVerdict& verdict : {judge(1, 80), judge(70, 1)}) {
    CHECK_FALSE(verdict.refusal);
    REQUIRE(verdict.warning);
    CHECK(verdict.warning->find("flintctl pool grow p") != std::string::npos);
  }
}

TEST_CASE("a pool that is nearly full is refused") {
  const FillVerdict data = judge(1, 90);
  REQUIRE(data.refusal);
  CHECK(data.refusal->code() == Code::resource_exhausted);
  CHECK(data.refusal->text() ==
        "90% of the data of pool 'p' is in use; at 90% nothing new is begun");
  CHECK(data.refusal->hint().find("--data-size") != std::string::npos);
  const FillVerdict metadata = judge(80, 1);
  REQUIRE(metadata.refusal);
  CHECK(metadata.refusal->hint().find("--metadata-size") != std::string::npos);
}

TEST_CASE("no pool, no verdict") {
  testing::Host host;
  const auto verdict = judge_fill("absent", host.driver, host.loops);
  REQUIRE(verdict);
  CHECK_FALSE(verdict->refusal);
}
