// SPDX-License-Identifier: Apache-2.0
#include "image/layer_fetcher.hpp"

#include <condition_variable>
#include <mutex>
#include <set>

#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/registry/faulty_registry.hpp"

using namespace flintctl;
using namespace flintctl::image;
using testing::must;

namespace {

TEST_CASE("layers are downloaded at once") {
  const auto server = must(oci::FaultyRegistry::start());
  oci::RegistryOptions options;
  options.attempts = 1;
  const auto reference = must(oci::Reference::parse(server->reference("together")));
  auto registry = must(oci::Registry::open(reference, options));
  const auto target = must(registry.resolve());
  const auto manifest =
      must(oci::parse_manifest(must(registry.manifest(target)), target.media_type));
  REQUIRE(manifest.layers.size() == 4);
  const testing::Folder folder;
  NoProgress progress;
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::size_t> complete;
  bool failed = false;
  const auto fetcher =
      must(LayerFetcher::start(registry, manifest.layers, {folder.path(), 4, 0}, progress));
  fetcher->listen({[&](std::size_t layer, std::uint64_t bytes) {
                     const std::lock_guard lock(mutex);
                     if (bytes == manifest.layers[layer].size) complete.insert(layer);
                     changed.notify_all();
                   },
                   [&] {
                     const std::lock_guard lock(mutex);
                     failed = true;
                     changed.notify_all();
                   }});
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return failed || complete.size() == 4; });
  CHECK_FALSE(failed);
  lock.unlock();
  fetcher->stop_listening();
}

}  // namespace
