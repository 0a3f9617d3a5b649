// SPDX-License-Identifier: Apache-2.0
#include "image/layer_fetcher.hpp"

#include <sys/resource.h>

#include <string>

#include "core/rollback.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::image;

TEST_CASE("as many layers as an image may have are fetched where few files may be open") {
  rlimit before = {};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const Rollback restore([&] { (void)::setrlimit(RLIMIT_NOFILE, &before); });
  const rlimit usual = {1024, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
  std::vector<oci::Descriptor> layers;
  for (int number = 0; number < 512; ++number) {
    layers.push_back(
        {"application/vnd.oci.image.layer.v1.tar", oci::Digest::of(std::to_string(number)), 1});
  }
  const testing::Folder folder;
  NoProgress progress;
  oci::RegistryOptions options;
  options.attempts = 1;
  // Nobody is there: what counts is that all files are open.
  const auto registry =
      oci::Registry::open(*oci::Reference::parse("127.0.0.1:1/a"), std::move(options));
  REQUIRE(registry);
  const auto fetcher = LayerFetcher::start(*registry, layers, {folder.path()}, progress);
  INFO((fetcher ? std::string() : fetcher.error().text()));
  REQUIRE(fetcher);
  CHECK((*fetcher)->file(511) >= 0);
}
