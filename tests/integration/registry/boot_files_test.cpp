// SPDX-License-Identifier: Apache-2.0
// Pulls of images from which only kernel and initrd are wanted.
#include <fmt/format.h>
#include <sys/mount.h>

#include <algorithm>
#include <csignal>
#include <future>

#include "bed.hpp"
#include "core/units.hpp"
#include "doomed.hpp"
#include "image/abandoned.hpp"
#include "image/inspection.hpp"
#include "image/partial_file.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "sys/file.hpp"
#include "sys/mount.hpp"

using namespace flintctl;
using namespace flintctl::image;
using testing::must;

namespace {

/// A host with an empty kernel cache.
struct World {
  std::string name;
  std::unique_ptr<containerd::Client> client = Bed::get().client(name);
  PullOptions options = Bed::get().options(name);
  KernelCache cache = must(KernelCache::open(options.state_directory));

  Result<PullResult> try_pull(bool boot) {
    NoProgress progress;
    auto asking = options;
    if (boot) asking.boot = BootTarget{&cache, {}};
    return pull(*client, Bed::get().image("kernel"), asking, progress);
  }
  PullResult pull_boot() { return must(try_pull(true)); }
  PullResult pull_all() { return must(try_pull(false)); }

  [[nodiscard]] bool nothing_in_containerd() const {
    return must(client->lease_list({})).empty() && must(client->image_list()).empty() &&
           must(client->content_list({})).empty() && must(client->content_ingests()).empty() &&
           must(client->snapshot_list("native", {})).empty();
  }
  /// Names in the cache's folder.
  [[nodiscard]] std::vector<std::string> cached() const {
    auto names = must(sys::list_directory(cache.path()));
    std::erase(names, "index");
    return names;
  }
};

}  // namespace

TEST_CASE("an image of which only the files that boot are wanted gets no snapshot") {
  World world{"boot-files"};
  {
    const auto result = world.pull_boot();
    CHECK(result.outcome == PullOutcome::pulled);
    REQUIRE(result.files);
    CHECK(must(sys::read_file(result.files->kernel.path)) ==
          "\x7f"
          "ELF kernel");
    CHECK(must(sys::read_file(result.files->initrd.path)) == "initrd");
    CHECK(world.cached().size() == 2);
    CHECK(must(world.client->snapshot_list("native", {})).empty());
    CHECK(must(world.client->lease_list({})).empty());
  }
  must(world.client->lease_create("collect", {}));
  must(world.client->lease_delete("collect"));
  CHECK(must(world.client->content_list({})).size() == 3);  // index, manifest, config
  const auto record = must(world.client->image_get(Bed::get().image("kernel").name()));
  const auto problems = [&] {
    BlobVerdicts blobs;
    return must(check(*world.client, "native", world.options.platform,
                      cached_paths(world.options.state_directory), record, blobs));
  };
  CHECK(problems().empty());

  const std::size_t before = Bed::get().registry().log().size();
  const auto again = world.pull_boot();
  CHECK(again.outcome == PullOutcome::unchanged);
  CHECK(again.files);
  CHECK(Bed::get().asked("GET", "", before) == 0);

  SECTION("under another name it is not brought again") {
    must(remove(*world.client, Bed::get().image("kernel")));
    CHECK(world.pull_boot().outcome == PullOutcome::pulled);
    CHECK(Bed::get().asked("GET", "/blobs/", before) == 1);  // the config
  }
  SECTION("and gets one when the whole is wanted") {
    const auto whole = world.pull_all();
    CHECK(whole.outcome == PullOutcome::pulled);
    CHECK(must(is_unpacked(*world.client, "native", whole.image)));
    const auto config = must(world.client->content_info(whole.image.content.config.digest.text()));
    CHECK(config.labels.at("containerd.io/gc.ref.snapshot.native") == whole.image.snapshot());
    CHECK(world.pull_boot().outcome == PullOutcome::unchanged);
  }
  SECTION("and is brought again when the files are gone") {
    for (const auto& name : world.cached()) must(sys::remove_file(world.cache.path() + "/" + name));
    CHECK(problems() == std::vector<std::string>{"it is not unpacked to native"});
    CHECK(world.pull_boot().outcome == PullOutcome::pulled);
    CHECK(problems().empty());
  }
  must(remove(*world.client, Bed::get().image("kernel")));
  CHECK(world.nothing_in_containerd());
}

TEST_CASE("files are taken from the snapshot of an image that has one") {
  World world{"boot-from-snapshot"};
  world.pull_all();
  const auto result = world.pull_boot();
  CHECK(result.outcome == PullOutcome::unchanged);
  CHECK_FALSE(result.files);
  CHECK(world.cached().empty());
}

TEST_CASE("two pulls at once of the files of one image do the work once") {
  World world{"boot-twice"};
  const std::size_t before = Bed::get().registry().log().size();
  const auto pull_one = [] { return World{"boot-twice"}.pull_boot(); };
  auto first = std::async(std::launch::async, pull_one);
  auto second = std::async(std::launch::async, pull_one);
  const auto a = first.get();
  const auto b = second.get();
  CHECK((a.outcome == PullOutcome::pulled) != (b.outcome == PullOutcome::pulled));
  CHECK((a.files && b.files));
  for (const auto& layer : a.image.content.layers) {
    CHECK(Bed::get().asked("GET", "/test/kernel/blobs/" + layer.digest.text(), before) == 1);
  }
  CHECK(world.cached().size() == 2);
}

TEST_CASE("a killed pull of boot files leaves nothing that gc or the next one does not remove") {
  const auto [layer, phase] = GENERATE(table<std::size_t, LayerPhase>({
      {0, LayerPhase::unpacking},
      {0, LayerPhase::done},
      {1, LayerPhase::done},
  }));
  World world{fmt::format("boot-kill-{}-{}", layer, static_cast<int>(phase))};
  const auto status = must(
      run_to_doom({Bed::get().image("kernel").name(), world.name, layer, phase, SIGKILL, true}));
  REQUIRE(status.signal == SIGKILL);
  REQUIRE(world.cached().size() == 1);
  CHECK(must(world.client->image_list()).empty());
  SECTION("gc") { CHECK(must(world.cache.gc({})).size() == 1); }
  SECTION("the next one") { CHECK(world.pull_boot().files); }
  const auto left = world.cached();
  CHECK(std::ranges::none_of(left, [](const auto& name) { return name.starts_with('.'); }));
}

TEST_CASE("nor does one that is killed at a change it makes in containerd") {
  const auto [change, nth] = GENERATE(table<std::string, std::size_t>({
      {"after lease_create", 1},
      {"before content_write", 1},
      {"after content_write", 3},
      {"after image_put", 1},
      {"after lease_delete", 1},
  }));
  const bool pulled_again = GENERATE(true, false);
  std::string name = fmt::format("boot-kill-{}-{}-{}", change, nth, pulled_again);
  std::ranges::replace(name, ' ', '-');
  INFO(name);
  World world{name};
  const auto status = must(run_to_doom({Bed::get().image("kernel").name(), name, 0,
                                        LayerPhase::waiting, SIGKILL, true, change, nth}));
  REQUIRE(status.signal == SIGKILL);
  const bool has_image = !must(world.client->image_list()).empty();
  CHECK(has_image == (change == "after image_put" || change == "after lease_delete"));
  if (pulled_again) {
    const auto result = world.pull_boot();
    CHECK(result.outcome == (has_image ? PullOutcome::unchanged : PullOutcome::pulled));
    CHECK(result.files);
    CHECK(must(world.client->lease_list({})).empty());
    CHECK(must(world.client->content_ingests()).empty());
    CHECK(must(world.client->content_list({})).size() == 3);
    CHECK(must(world.client->snapshot_list("native", {})).empty());
    CHECK(must(sys::list_directory(partial_directory(world.options.state_directory))).empty());
    CHECK(world.cached().size() == 2);
    return;
  }
  // As gc does it.
  for (const auto& lease : must(abandoned_leases(*world.client, world.options.run_directory))) {
    must(world.client->lease_delete(lease.id));
  }
  if (has_image) {
    CHECK(world.pull_boot().outcome == PullOutcome::unchanged);
    must(remove(*world.client, Bed::get().image("kernel")));
  }
  must(world.cache.gc({}));
  CHECK(world.nothing_in_containerd());
  CHECK(world.cached().empty());
}

TEST_CASE("what does not fit, or is more than it may be, is a clear error and leaves nothing") {
  World world{"boot-limits"};
  std::string text;
  const auto refused = [&] {
    const auto result = world.try_pull(true);
    REQUIRE_FALSE(result);
    text = fmt::format("{}; {}", result.error().text(), result.error().hint());
    INFO(text);
    CHECK(result.error().code() == Code::resource_exhausted);
    CHECK(world.nothing_in_containerd());
    CHECK(world.cached().empty());
  };
  SECTION("a layer's limit") {
    world.options.limits.bytes = mib;
    refused();
    CHECK(text.find("1048576 bytes") != std::string::npos);
  }
  SECTION("the disk") {
    const std::string folder = world.cache.path();
    // The first is refused before anything is downloaded, the second is full in the middle.
    for (const char* const size : {"size=4m", "size=30m"}) {
      must(sys::mount("small", folder, "tmpfs", 0, size));
      world.cache = must(KernelCache::open(world.options.state_directory));
      refused();
      CHECK(text.find("make room on the disk of " + folder) != std::string::npos);
      world.cache = must(KernelCache::open(Bed::get().options("boot-elsewhere").state_directory));
      must(sys::unmount(folder));
    }
  }
}
