// SPDX-License-Identifier: Apache-2.0
#include "image/abandoned.hpp"

#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::image;

TEST_CASE("chains are compared by what a label holds of them") {
  std::vector<oci::Digest> chain;
  for (int layer = 0; layer < 127; ++layer) {
    chain.push_back(oci::Digest::of(std::to_string(layer)));
  }
  const std::string all = short_chain(chain);
  CHECK(all.size() + std::string_view(label_chain).size() < 4096);
  CHECK(common_prefix(all, all) == 127);
  CHECK(common_prefix(all, short_chain({chain[0], chain[1]})) == 2);
  CHECK(common_prefix(short_chain({chain[0], chain[1]}), all) == 2);
  CHECK(common_prefix(all, short_chain({chain[0], chain[2]})) == 1);
  CHECK(common_prefix(all, short_chain({chain[1]})) == 0);
  CHECK(common_prefix(all, "") == 0);
  // More than any image has: what does not fit is as if it were not shared.
  chain.resize(1000, oci::Digest::of("more"));
  CHECK(short_chain(chain).size() < 3500);
}
