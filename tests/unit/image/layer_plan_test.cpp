// SPDX-License-Identifier: Apache-2.0
#include "image/layer_plan.hpp"

#include "core/units.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::image;
using Groups = std::vector<LayerGroup>;

TEST_CASE("each layer, one group, or a few") {
  const LayerFacts facts{{10 * mib, 10 * mib, 20 * mib, 5 * mib, 1 * mib}, 0, {}};
  CHECK(plan_layers(facts, Boundaries::each) == Groups{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}});
  CHECK(plan_layers(facts, Boundaries::merged) == Groups{{0, 5}});
  // 10 + 10 + 20 reach 32 MiB with the third.
  CHECK(plan_layers(facts, Boundaries::automatic) == Groups{{0, 3}, {3, 5}});
}

TEST_CASE("what is committed is not made again") {
  const LayerFacts facts{{40 * mib, 1 * mib, 1 * mib}, 1, {}};
  CHECK(plan_layers(facts, Boundaries::automatic) == Groups{{1, 3}});
  CHECK(plan_layers(facts, Boundaries::each) == Groups{{1, 2}, {2, 3}});
  CHECK(plan_layers({{1, 2, 3}, 3, {}}, Boundaries::automatic).empty());
  CHECK(plan_layers({{}, 0, {}}, Boundaries::merged).empty());
}

TEST_CASE("a group ends after a prefix that another image has") {
  const LayerFacts facts{{1 * mib, 1 * mib, 1 * mib, 1 * mib}, 0, {2, 0}};
  CHECK(plan_layers(facts, Boundaries::automatic) == Groups{{0, 2}, {2, 4}});
  CHECK(plan_layers(facts, Boundaries::merged) == Groups{{0, 4}});
}

TEST_CASE("one big layer is one group") {
  CHECK(plan_layers({{900 * mib}, 0, {}}, Boundaries::automatic) == Groups{{0, 1}});
  CHECK(plan_layers({{60 * mib, 40 * mib, 20 * mib}, 0, {}}, Boundaries::automatic) ==
        Groups{{0, 1}, {1, 2}, {2, 3}});
}

TEST_CASE("sixty small layers become few snapshots") {
  const LayerFacts facts{std::vector<std::uint64_t>(60, mib), 0, {}};
  CHECK(plan_layers(facts, Boundaries::automatic) == Groups{{0, 32}, {32, 60}});
}

TEST_CASE("the words of --layers") {
  CHECK(*parse_boundaries("auto") == Boundaries::automatic);
  CHECK(*parse_boundaries("merged") == Boundaries::merged);
  CHECK_FALSE(parse_boundaries("some"));
}
