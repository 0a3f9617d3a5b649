// SPDX-License-Identifier: Apache-2.0
#include "image/partial_file.hpp"

#include "core/units.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using namespace flintctl::image;

namespace {

const oci::Digest digest = oci::Digest::of("a layer");

PartialFile open_in(const testing::Folder& folder) {
  auto file = PartialFile::open(folder.path(), digest, 10 * mib);
  REQUIRE(file);
  return *std::move(file);
}

std::string bytes_in(const testing::Folder& folder) {
  return sys::read_file(folder.path(digest.text())).value_or("none");
}

}  // namespace

TEST_CASE("small pieces of a layer reach its file in large writes, all of them in order") {
  const testing::Folder folder;
  PartialFile file = open_in(folder);
  std::string all;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    const std::string piece(16 * kib, letter);
    all += piece;
    REQUIRE(file.append(piece));
    // What is held is in the file: a reader may be told of it.
    CHECK(file.held() == bytes_in(folder).size());
    CHECK(file.held() % (256 * kib) == 0);
  }
  CHECK(file.held() == 256 * kib);
  REQUIRE(file.flush());
  CHECK(file.held() == all.size());
  CHECK((bytes_in(folder) == all));
}

TEST_CASE("a layer that begins anew has nothing of what came before") {
  const testing::Folder folder;
  PartialFile file = open_in(folder);
  REQUIRE(file.append("wrong"));
  REQUIRE(file.flush());
  REQUIRE(file.append("waiting"));
  REQUIRE(file.truncate());
  REQUIRE(file.append("right"));
  REQUIRE(file.flush());
  CHECK(file.held() == 5);
  CHECK(bytes_in(folder) == "right");
}

TEST_CASE("the next pull goes on from what the file holds") {
  const testing::Folder folder;
  {
    PartialFile file = open_in(folder);
    REQUIRE(file.append("half"));
    REQUIRE(file.flush());
  }
  CHECK(open_in(folder).held() == 4);
}
