// SPDX-License-Identifier: Apache-2.0
// Pulls from Debian's docker-registry into the containerd of this host's package.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "bed.hpp"
#include "core/units.hpp"
#include "doomed.hpp"
#include "image/abandoned.hpp"
#include "image/export_image.hpp"
#include "image/import_image.hpp"
#include "image/local_files.hpp"
#include "image/partial_file.hpp"
#include "image/saved_image.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"
#include "sys/mount.hpp"
#include "tree.hpp"

using namespace flintctl;
using namespace flintctl::image;
using testing::must;

namespace {

PullResult pull_now(const std::string& name_space, const std::string& name, PullOptions options) {
  NoProgress progress;
  const auto client = Bed::get().client(name_space);
  return must(pull(*client, Bed::get().image(name), options, progress));
}

PullResult pull_now(const std::string& name_space, const std::string& name) {
  return pull_now(name_space, name, Bed::get().options(name_space));
}

/// What the snapshot's tree looks like through a mount of its own.
std::map<std::string, std::string> tree_of(const std::string& name_space,
                                           const std::string& snapshotter,
                                           const std::string& snapshot) {
  const auto client = Bed::get().client(name_space);
  must(client->lease_create("view", {}));
  const auto leased = client->with_lease("view");
  const auto mounts = must(leased->snapshot_view(snapshotter, "view", snapshot, {}));
  REQUIRE(mounts.size() == 1);
  std::map<std::string, std::string> tree;
  if (mounts[0].type == "bind") {
    tree = describe_tree(mounts[0].source);
  } else {
    std::string options;
    for (const auto& option : mounts[0].options) {
      if (option != "ro") options += (options.empty() ? "" : ",") + option;
    }
    const std::string target = Bed::get().folder() + "/mount";
    must(sys::make_directories(target));
    must(sys::mount(mounts[0].source, target, mounts[0].type, MS_RDONLY, options));
    tree = describe_tree(target);
    must(sys::unmount(target));
  }
  must(client->lease_delete("view"));
  return tree;
}

void pull_by_ctr(const std::string& name_space, const std::string& snapshotter,
                 const std::string& reference) {
  const auto output = must(sys::run(
      {must(sys::find_program("ctr")), "-a", Bed::get().containerd().address(), "-n", name_space,
       "images", "pull", "--plain-http", "--snapshotter", snapshotter, reference}));
  INFO(output.err);
  REQUIRE(output.status.ok());
}

using Tree = std::map<std::string, std::string>;

/// One line for each path that is not the same in both.
std::string differences(const Tree& ours, const Tree& theirs) {
  std::string text;
  for (const auto& [path, what] : ours) {
    const auto other = theirs.find(path);
    if (other == theirs.end()) {
      text += fmt::format("only ours: {} {}\n", path, what);
    } else if (other->second != what) {
      text += fmt::format("{}:\n  ours   {}\n  theirs {}\n", path, what, other->second);
    }
  }
  for (const auto& [path, what] : theirs) {
    if (!ours.contains(path)) text += fmt::format("only theirs: {} {}\n", path, what);
  }
  return text;
}

/// Nothing of a pull is in containerd.
void check_nothing_left(const std::string& name_space) {
  const auto client = Bed::get().client(name_space);
  CHECK(must(client->lease_list({})).empty());
  CHECK(must(client->image_list()).empty());
  CHECK(must(client->content_list({})).empty());
  CHECK(must(client->content_ingests()).empty());
  CHECK(must(client->snapshot_list("native", {})).empty());
}

std::vector<std::string> partials(const std::string& name_space) {
  return must(
      sys::list_directory(partial_directory(Bed::get().options(name_space).state_directory)));
}

}  // namespace

TEST_CASE("the unpacked tree is the one that containerd's own client makes") {
  // Hard links to a lower layer's file are beyond overlayfs.
  const auto& [snapshotter, boundaries] = GENERATE(table<std::string, Boundaries>({
      {"native", Boundaries::each},
      {"native", Boundaries::merged},
      {"overlayfs", Boundaries::merged},
  }));
  const std::string ours =
      fmt::format("ours-{}-{}", snapshotter, boundaries == Boundaries::each ? "each" : "merged");
  const std::string theirs = "theirs-" + ours;
  auto options = Bed::get().options(ours);
  options.snapshotter = snapshotter;
  options.boundaries = boundaries;
  const auto result = pull_now(ours, "rich", options);
  // To overlayfs, containerd unpacks a layer without sight of those below it: no measure for links
  // and paths across layers.
  pull_by_ctr(theirs, "native", Bed::get().image("rich").name());
  const auto expected = tree_of(theirs, "native", result.image.snapshot());
  CHECK(expected.size() > 20);
  CHECK(differences(tree_of(ours, snapshotter, result.image.snapshot()), expected) == "");
  const auto snapshots = must(Bed::get().client(ours)->snapshot_list(snapshotter, {}));
  CHECK(snapshots.size() == (boundaries == Boundaries::each ? 3 : 1));
}

TEST_CASE("the records outlive a collection, and a removal takes all of them") {
  const auto client = Bed::get().client("records");
  const auto result = pull_now("records", "rich");
  CHECK(result.outcome == PullOutcome::pulled);
  CHECK(must(client->lease_list({})).empty());
  must(client->lease_create("collect", {}));
  must(client->lease_delete("collect"));
  CHECK(must(client->content_list({})).size() == 3);  // index, manifest, config: no layer
  CHECK(must(is_unpacked(*client, "native", result.image)));
  const auto images = must(list(*client, "native", oci::Platform{"linux", "amd64", ""}));
  REQUIRE(images.size() == 1);
  CHECK(images[0].unpacked_size.value_or(0) > 0);
  const auto config = must(client->content_info(result.image.content.config.digest.text()));
  CHECK(config.labels.at("containerd.io/gc.ref.snapshot.native") == result.image.snapshot());

  must(remove(*client, Bed::get().image("rich")));
  check_nothing_left("records");
  CHECK(remove(*client, Bed::get().image("rich")).error().code() == Code::not_found);
  CHECK(partials("records").empty());
}

TEST_CASE("a pull says what its time went into") {
  const auto began = std::chrono::steady_clock::now();
  const auto spent = pull_now("spent", "big").spent;
  const auto whole = std::chrono::steady_clock::now() - began;
  for (const auto work :
       {Work::download, Work::inflate, Work::hash, Work::write, Work::flush, Work::containerd}) {
    INFO(static_cast<int>(work));
    REQUIRE(spent.contains(work));
    CHECK(spent.at(work).count() > 0);
    // Each is one thread's, but the digests, which are two's.
    CHECK(spent.at(work) < (work == Work::hash ? 2 : 1) * whole);
  }
  CHECK(pull_now("spent", "big").spent.empty());
}

TEST_CASE("a second pull asks for nothing but the tag") {
  pull_now("again", "rich");
  const std::size_t before = Bed::get().registry().log().size();
  CHECK(pull_now("again", "rich").outcome == PullOutcome::unchanged);
  CHECK(Bed::get().asked("HEAD", "/test/rich/manifests/1", before) == 1);
  CHECK(Bed::get().asked("GET", "", before) == 0);
}

TEST_CASE("snapshots that went are made again from the records that are there") {
  const auto client = Bed::get().client("snapshots-gone");
  const auto first = pull_now("snapshots-gone", "rich");
  must(client->snapshot_remove("native", first.image.snapshot()));
  CHECK(pull_now("snapshots-gone", "rich").outcome == PullOutcome::pulled);
  CHECK(must(is_unpacked(*client, "native", first.image)));
}

TEST_CASE("layers that another image has are not fetched") {
  auto options = Bed::get().options("shared");
  options.boundaries = Boundaries::each;
  const auto rich = pull_now("shared", "rich", options);
  const auto shared = pull_now("shared", "shared", options);
  REQUIRE(shared.image.chain[0] == rich.image.chain[0]);
  const std::string lowest = rich.image.content.layers[0].digest.text();
  CHECK(Bed::get().asked("GET", "/test/shared/blobs/" + lowest) == 0);
  CHECK(Bed::get().asked(
            "GET", "/test/shared/blobs/" + shared.image.content.layers[1].digest.text()) == 1);
  // Removing one leaves the other whole.
  const auto client = Bed::get().client("shared");
  must(remove(*client, Bed::get().image("rich")));
  CHECK(must(is_unpacked(*client, "native", shared.image)));
  CHECK_FALSE(must(is_unpacked(*client, "native", rich.image)));
}

/// The last phase of each layer.
class LastPhases : public NoProgress {
 public:
  void layers(const std::vector<oci::Descriptor>& layers) override { last.resize(layers.size()); }
  void layer(std::size_t index, LayerPhase phase, std::uint64_t) override {
    existed = existed || phase == LayerPhase::exists;
    last.at(index) = phase;
  }
  std::vector<LayerPhase> last;
  bool existed = false;
};

TEST_CASE("kept layers are content, those of an image that was unpacked without them too") {
  const auto client = Bed::get().client("kept");
  auto options = Bed::get().options("kept");
  const auto& layers = pull_now("kept", "rich", options).image.content.layers;
  options.blobs = LayerBlobs::kept;
  LastPhases progress;
  const auto kept = must(pull(*client, Bed::get().image("rich"), options, progress));
  CHECK(kept.outcome == PullOutcome::pulled);
  CHECK(progress.last == std::vector(layers.size(), LayerPhase::done));
  CHECK_FALSE(progress.existed);
  must(client->lease_create("collect", {}));
  must(client->lease_delete("collect"));
  for (const auto& layer : layers) CHECK(client->content_info(layer.digest.text()));
  std::string tar;
  must(export_images(*client, {Bed::get().image("rich")}, options.platform,
                     [&](std::string_view piece) -> Result<> {
                       tar += piece;
                       return {};
                     }));
  CHECK(tar.find(layers[0].digest.hex()) != std::string::npos);
  CHECK(pull_now("kept", "rich", options).outcome == PullOutcome::unchanged);

  // Where it is carried to, the digest of the registry's index means it, and the registry is not
  // asked.
  const auto& target = kept.image.target;
  REQUIRE(target.digest != kept.image.manifest.digest);
  const std::string file = Bed::get().folder() + "/exported.tar";
  must(sys::write_file_atomic(file, tar, 0600));
  const UniqueFd exported = must(sys::open(file, O_RDONLY));
  const auto files = must(LocalFiles::in_tar(exported.get(), Bed::get().folder() + "/spool", gib));
  const auto saved = must(read_saved_images(files, options.platform, {}));
  REQUIRE(saved.size() == 1);
  const auto there = Bed::get().client("carried");
  const auto pinned = must(oci::Reference::parse(
      fmt::format("{}/{}@{}", Bed::get().image("rich").host(),
                  Bed::get().image("rich").repository(), target.digest.text())));
  NoProgress silent;
  const auto to = Bed::get().options("carried");
  CHECK(must(import(*there, pinned, saved[0], to, silent)).image.target.digest == target.digest);
  CHECK(must(ensure(*there, pinned, PullPolicy::never, to, silent)).image.target.digest ==
        target.digest);
}

TEST_CASE("automatic boundaries keep what local images share") {
  auto merged = Bed::get().options("auto-shared");
  merged.boundaries = Boundaries::merged;
  pull_now("auto-shared", "shared", merged);
  pull_now("auto-shared", "rich");  // its lowest layer is in the merged one, but not by itself
  CHECK(must(Bed::get().client("auto-shared")->snapshot_list("native", {})).size() == 3);
}

/// Does something when the pull waits for another one.
class WhenWaiting : public NoProgress {
 public:
  explicit WhenWaiting(std::function<void()> act) : act_(std::move(act)) {}
  void note(const std::string& text) override {
    if (text.find("which unpacks layers of this image") != std::string::npos) act_();
  }
  void layer(std::size_t index, LayerPhase phase, std::uint64_t) override {
    if (index == 0) lowest.push_back(phase);
  }
  std::vector<LayerPhase> lowest;  ///< phases of the lowest layer

 private:
  std::function<void()> act_;
};

TEST_CASE("what a pull that runs now unpacks too is waited for and shared") {
  const std::string name = "running";
  const auto options = Bed::get().options(name);
  const auto rich = pull_now("running-elsewhere", "rich").image;
  const auto client = Bed::get().client(name);
  // Another command is about to make the lowest layer's snapshot.
  const std::string target = rich.chain[0].text();
  must(client->lease_create("other", {{label_kind, "pull"},
                                      {label_target, target},
                                      {label_chain, short_chain({rich.chain[0]})},
                                      {label_snapshotter, "native"}}));
  std::optional<sys::FileLock> lock = must(
      sys::FileLock::acquire(pull_lock_path(options.run_directory, *client, "native", target)));
  bool other_made_it = false;
  SECTION("and found when it is there") { other_made_it = true; }
  SECTION("and made when the other one gave up") {}
  int waits = 0;
  WhenWaiting progress([&] {
    ++waits;
    lock.reset();
    must(client->lease_delete("other"));
    auto each = options;
    each.boundaries = Boundaries::each;
    if (other_made_it) pull_now(name, "shared", each);
  });
  const auto pulled = must(pull(*client, Bed::get().image("rich"), options, progress));
  CHECK(waits == 1);
  CHECK(pulled.image.snapshot() == rich.snapshot());
  // Its download, begun before, may still say how far it is after that.
  CHECK((std::ranges::count(progress.lowest, LayerPhase::exists) > 0) == other_made_it);
  // The lowest layer's, the whole image's, and what is on the lowest in the other image.
  const auto snapshots = must(client->snapshot_list("native", {}));
  CHECK(snapshots.size() == (other_made_it ? 3U : 2U));
  CHECK(must(client->snapshot_stat("native", rich.snapshot())).parent == target);
  must(client->image_delete(Bed::get().image("rich").name()));
  if (other_made_it) must(client->image_delete(Bed::get().image("shared").name()));
  check_nothing_left(name);
}

/// Does something once, when a layer is so far, and something when the pull waits for another one.
class AtPhase : public NoProgress {
 public:
  AtPhase(LayerPhase phase, std::function<void()> act, std::function<void()> wait = nullptr)
      : phase_(phase), act_(std::move(act)), wait_(std::move(wait)) {}
  void layer(std::size_t, LayerPhase phase, std::uint64_t) override {
    if (phase == phase_ && act_) std::exchange(act_, nullptr)();
  }
  void note(const std::string& text) override {
    if (wait_ && text.find("which unpacks layers of this image") != std::string::npos) {
      std::exchange(wait_, nullptr)();
    }
  }
  [[nodiscard]] bool acted() const { return !act_; }
  [[nodiscard]] bool waited() const { return !wait_; }

 private:
  LayerPhase phase_;
  std::function<void()> act_;
  std::function<void()> wait_;
};

TEST_CASE("two pulls at once give the layers that their images share a snapshot of its own") {
  const std::string name = "at-once";
  auto options = Bed::get().options(name);
  options.snapshotter = "overlayfs";
  const auto client = Bed::get().client(name);
  std::promise<void> unpacked;
  std::promise<void> awaited;
  std::future<PullResult> second;
  // The first has its lease, and no plan yet, when the second begins. That one is held, with the
  // lowest layer unpacked and not committed, until the first waits for it.
  const auto begin_second = [&] {
    second = std::async(std::launch::async, [&] {
      AtPhase told(LayerPhase::done, [&] {
        unpacked.set_value();
        awaited.get_future().wait();
      });
      auto pulled = pull(*Bed::get().client(name), Bed::get().image("shared"), options, told);
      if (!told.acted()) unpacked.set_value();
      return must(std::move(pulled));
    });
    unpacked.get_future().wait();
    CHECK(must(client->image_list()).empty());
  };
  AtPhase progress(LayerPhase::waiting, begin_second, [&] { awaited.set_value(); });
  auto pulled = pull(*client, Bed::get().image("rich"), options, progress);
  if (!progress.waited()) awaited.set_value();
  CHECK(progress.waited());
  const auto first = must(std::move(pulled)).image;
  REQUIRE(second.valid());
  const auto other = second.get().image;
  const std::string lowest = first.chain[0].text();
  REQUIRE(other.chain[0].text() == lowest);
  CHECK(must(client->snapshot_stat("overlayfs", other.snapshot())).parent == lowest);
  CHECK(must(client->snapshot_stat("overlayfs", first.snapshot())).parent == lowest);
  CHECK(must(client->snapshot_list("overlayfs", {})).size() == 3);
  CHECK(must(client->lease_list({})).empty());
  // Each alone is one snapshot.
  options = Bed::get().options("not-at-once");
  options.snapshotter = "overlayfs";
  pull_now("not-at-once", "shared", options);
  CHECK(must(Bed::get().client("not-at-once")->snapshot_list("overlayfs", {})).size() == 1);
}

TEST_CASE("two pulls of one image at once do the work once") {
  const std::size_t before = Bed::get().registry().log().size();
  auto first = std::async(std::launch::async, [] { return pull_now("twice", "big"); });
  auto second = std::async(std::launch::async, [] { return pull_now("twice", "big"); });
  const auto a = first.get();
  const auto b = second.get();
  CHECK((a.outcome == PullOutcome::pulled) != (b.outcome == PullOutcome::pulled));
  for (const auto& layer : a.image.content.layers) {
    CHECK(Bed::get().asked("GET", "/test/big/blobs/" + layer.digest.text(), before) == 1);
  }
  CHECK(must(Bed::get().client("twice")->lease_list({})).empty());
}

/// What of a killed pull is on this machine.
struct Remains {
  std::map<std::string, std::uint64_t> held;  ///< bytes of partial layers, by digest
  std::set<std::string> committed;            ///< snapshots
};

Remains remains_of(const std::string& name_space) {
  Remains remains;
  const auto options = Bed::get().options(name_space);
  for (const auto& digest : partials(name_space)) {
    remains.held[digest] =
        std::filesystem::file_size(partial_directory(options.state_directory) + "/" + digest);
  }
  for (const auto& snapshot : must(Bed::get().client(name_space)->snapshot_list("native", {}))) {
    if (snapshot.kind == containerd::SnapshotKind::committed) {
      remains.committed.insert(snapshot.name);
    }
  }
  return remains;
}

/// A registry with the same images under the same name, for who pulls after a kill: what the killed
/// one asked for may come into a registry's log long after its end.
class Successor {
 public:
  static const Successor& get() {
    static const Successor successor;
    return successor;
  }
  [[nodiscard]] PullOptions options(const std::string& name_space) const {
    auto options = Bed::get().options(name_space);
    options.registry.hosts_directories = {folder_.path("certs")};
    return options;
  }
  /// How often a layer was asked for and answered so since `since`.
  [[nodiscard]] std::size_t sent(const oci::Digest& layer, int status, std::size_t since) const {
    const auto blob = "/blobs/" + layer.text();
    const auto answer = fmt::format(" HTTP/1.1\" {}", status);
    const auto lines = registry_->log();
    return static_cast<std::size_t>(std::count_if(
        lines.begin() + static_cast<std::ptrdiff_t>(since), lines.end(), [&](const auto& line) {
          return line.find(blob) != std::string::npos && line.find(answer) != std::string::npos;
        }));
  }
  [[nodiscard]] std::size_t log_size() const { return registry_->log().size(); }

 private:
  Successor()
      : registry_(
            must(DebianRegistry::start({folder_.path(), Bed::get().folder() + "/store", "", ""}))) {
    const auto host = Bed::get().image("rich").host();
    must(sys::make_directories(folder_.path("certs/" + host)));
    must(sys::write_file_atomic(folder_.path("certs/" + host + "/hosts.toml"),
                                fmt::format("server = \"http://{}\"\n", registry_->host()), 0600));
  }
  testing::Folder folder_;
  std::unique_ptr<DebianRegistry> registry_;
};

/// The registry was asked only for what a killed pull had not got: for the rest of a layer by
/// Range, for nothing of one that was whole or in a committed snapshot.
void check_resumed(const LocalImage& image, const Remains& remains, std::size_t since) {
  for (std::size_t layer = 0; layer < image.chain.size(); ++layer) {
    const auto& descriptor = image.content.layers[layer];
    const auto whole = Successor::get().sent(descriptor.digest, 200, since);
    const auto rest = Successor::get().sent(descriptor.digest, 206, since);
    const auto held = remains.held.find(descriptor.digest.text());
    INFO("layer " << layer << ": " << whole << " times whole, " << rest << " times the rest");
    if (remains.committed.contains(image.chain[layer].text())) {
      CHECK(whole + rest == 0);
    } else if (held != remains.held.end() && held->second > 0) {
      CHECK(whole == 0);
      CHECK(rest == (held->second < descriptor.size ? 1U : 0U));
    } else {
      CHECK(whole == 1);
    }
  }
}

/// All that a whole pull leaves, and not a thing more.
void check_only_the_image(const std::string& name_space, const LocalImage& image,
                          LayerBlobs blobs = LayerBlobs::dropped) {
  const auto client = Bed::get().client(name_space);
  CHECK(must(is_unpacked(*client, "native", image)));
  CHECK(must(client->lease_list({})).empty());
  CHECK(must(client->content_ingests()).empty());
  const std::size_t kept = blobs == LayerBlobs::kept ? image.content.layers.size() : 0;
  CHECK(must(client->content_list({})).size() == 3 + kept);  // index, manifest, config
  CHECK(must(client->image_list()).size() == 1);
  CHECK(partials(name_space).empty());
  const auto snapshots = must(client->snapshot_list("native", {}));
  CHECK(snapshots.size() <= image.chain.size());
  for (const auto& snapshot : snapshots) {
    CHECK(snapshot.kind == containerd::SnapshotKind::committed);
  }
}

TEST_CASE("a killed pull leaves nothing that the next one does not use or remove") {
  const auto [layer, phase] = GENERATE(table<std::size_t, LayerPhase>({
      {0, LayerPhase::downloading},
      {1, LayerPhase::downloading},
      {0, LayerPhase::unpacking},
      {1, LayerPhase::done},
      {2, LayerPhase::downloaded},
  }));
  const std::string name_space = fmt::format("kill-{}-{}", layer, static_cast<int>(phase));
  const auto client = Bed::get().client(name_space);
  const auto options = Bed::get().options(name_space);
  const auto status =
      must(run_to_doom({Bed::get().image("big").name(), name_space, layer, phase, SIGKILL}));
  REQUIRE(status.signal == SIGKILL);
  CHECK(must(abandoned_leases(*client, options.run_directory)).size() == 1);
  const auto remains = remains_of(name_space);
  CHECK_FALSE(remains.held.empty());
  CHECK(must(abandoned_partials(options.state_directory)).size() == remains.held.size());

  const std::size_t before = Successor::get().log_size();
  const auto result = pull_now(name_space, "big", Successor::get().options(name_space));
  check_only_the_image(name_space, result.image);
  check_resumed(result.image, remains, before);
  if (phase == LayerPhase::downloading) {
    CHECK(Successor::get().sent(result.image.content.layers[layer].digest, 206, before) == 1);
  }
  static const Tree expected = [&] {
    pull_by_ctr("kill-ctr", "native", Bed::get().image("big").name());
    return tree_of("kill-ctr", "native", result.image.snapshot());
  }();
  CHECK(differences(tree_of(name_space, "native", result.image.snapshot()), expected) == "");
}

TEST_CASE("nor does one that is killed before or after any change it makes in containerd") {
  // One snapshot a layer, the blobs of those that are kept, three documents from the inside, the
  // record. Nothing lies between what is left out here and the next.
  const auto dropped = LayerBlobs::dropped;
  const auto kept = LayerBlobs::kept;
  const auto [change, nth, blobs] = GENERATE_COPY(table<std::string, std::size_t, LayerBlobs>({
      {"before lease_create", 1, dropped},    {"after lease_create", 1, dropped},
      {"after snapshot_prepare", 1, dropped}, {"before snapshot_commit", 1, dropped},
      {"after snapshot_commit", 1, dropped},  {"after snapshot_prepare", 2, dropped},
      {"before snapshot_commit", 3, dropped}, {"after snapshot_commit", 3, dropped},
      {"before content_write", 1, dropped},   {"after content_write", 1, dropped},
      {"after content_write", 2, dropped},    {"after content_write", 3, dropped},
      {"before image_put", 1, dropped},       {"after image_put", 1, dropped},
      {"before lease_delete", 1, dropped},    {"after lease_delete", 1, dropped},
      {"before content_write", 1, kept},      {"after content_write", 1, kept},
      {"after content_write", 3, kept},       {"after content_write", 4, kept},
      {"before image_put", 1, kept},          {"before lease_delete", 1, kept},
  }));
  const bool pulled_again = GENERATE(true, false);
  std::string name_space = fmt::format("kill-{}-{}-{}-{}", change, nth,
                                       blobs == kept ? "kept" : "dropped", pulled_again);
  std::ranges::replace(name_space, ' ', '-');
  INFO(name_space);
  const auto client = Bed::get().client(name_space);
  const auto options = Bed::get().options(name_space);
  const auto status = must(run_to_doom({Bed::get().image("rich").name(), name_space, 0,
                                        LayerPhase::waiting, SIGKILL, false, change, nth, blobs}));
  REQUIRE(status.signal == SIGKILL);
  const bool leased = change != "before lease_create" && change != "after lease_delete";
  CHECK(must(abandoned_leases(*client, options.run_directory)).size() == (leased ? 1 : 0));
  const auto remains = remains_of(name_space);

  CHECK(must(abandoned_partials(options.state_directory)).size() == remains.held.size());
  if (pulled_again) {
    const std::size_t before = Successor::get().log_size();
    auto again = Successor::get().options(name_space);
    again.blobs = blobs;
    const auto result = pull_now(name_space, "rich", again);
    check_only_the_image(name_space, result.image, blobs);
    check_resumed(result.image, remains, before);
    return;
  }
  // As gc does it.
  for (const auto& lease : must(abandoned_leases(*client, options.run_directory))) {
    must(client->lease_delete(lease.id));
  }
  if (must(client->image_list()).empty()) {
    check_nothing_left(name_space);
  } else {
    auto again = options;
    again.blobs = blobs;
    CHECK(pull_now(name_space, "rich", again).outcome == PullOutcome::unchanged);
  }
}

TEST_CASE("an interrupted pull leaves only partial layers") {
  const auto phase = GENERATE(LayerPhase::downloading, LayerPhase::unpacking, LayerPhase::done);
  const std::string name_space = fmt::format("interrupt-{}", static_cast<int>(phase));
  const auto status =
      must(run_to_doom({Bed::get().image("big").name(), name_space, 1, phase, SIGTERM}));
  CHECK(status.code == 130);
  check_nothing_left(name_space);
  CHECK_FALSE(partials(name_space).empty());
  pull_now(name_space, "big");
  CHECK(partials(name_space).empty());
}

TEST_CASE(
    "a containerd that is killed and started again in a pull's midst costs at most the pull") {
  // These are told on this thread, with which the successor would die.
  const auto phase = GENERATE(LayerPhase::waiting, LayerPhase::unpacking, LayerPhase::done);
  const auto daemon = must(containerd::PrivateContainerd::start());
  auto options = Bed::get().options(fmt::format("restart-{}", static_cast<int>(phase)));
  options.boundaries = Boundaries::each;
  AtPhase restart(phase, [&] { must(daemon->restart()); });
  const auto first =
      pull(*must(daemon->connect("flintlock")), Bed::get().image("big"), options, restart);
  INFO((first ? std::string("pulled") : first.error().text()));
  CHECK(restart.acted());
  // The next command's own connection.
  const auto client = must(daemon->connect("flintlock"));
  NoProgress silent;
  const auto second = must(pull(*client, Bed::get().image("big"), options, silent));
  CHECK(must(is_unpacked(*client, "native", second.image)));
  CHECK(must(client->lease_list({})).empty());
  const auto snapshots = must(client->snapshot_list("native", {}));
  CHECK(snapshots.size() == second.image.chain.size());
  for (const auto& snapshot : snapshots) {
    CHECK(snapshot.kind == containerd::SnapshotKind::committed);
  }
  CHECK(must(sys::list_directory(partial_directory(options.state_directory))).empty());
}

TEST_CASE("a partial layer with wrong bytes is fetched anew") {
  const auto options = Bed::get().options("poisoned");
  const auto elsewhere = pull_now("poisoned-source", "big");
  const auto& layer = elsewhere.image.content.layers[1];
  const std::string directory = partial_directory(options.state_directory);
  must(sys::make_directories(directory, 0700));
  must(sys::write_file_atomic(directory + "/" + layer.digest.text(), std::string(1000000, 'x'),
                              0600));
  const auto result = pull_now("poisoned", "big");
  CHECK(must(is_unpacked(*Bed::get().client("poisoned"), "native", result.image)));
}

/// Hears what is worth a line.
class Notes : public NoProgress {
 public:
  void note(const std::string& text) override { all += text + "\n"; }
  std::string all;
};

TEST_CASE("a mirror that sends wrong bytes of a layer is left out, and the next host asked") {
  const auto right = pull_now("mirror-right", "rich");
  const auto& layer = right.image.content.layers[1];
  const testing::Folder mirror;
  REQUIRE(sys::run({"/bin/cp", "-r", Bed::get().folder() + "/store", mirror.path("store")})
              ->status.ok());
  const auto blob =
      mirror.path("store/docker/registry/v2/blobs/sha256/" + layer.digest.hex().substr(0, 2) + "/" +
                  layer.digest.hex() + "/data");
  auto bytes = must(sys::read_file(blob));
  // Past its beginning, which shows that it is compressed.
  bytes.replace(bytes.size() / 2, 16, std::string(16, 'x'));
  must(sys::write_file_atomic(blob, bytes, 0600));
  const auto liar = must(DebianRegistry::start({mirror.path(), mirror.path("store"), "", ""}));
  const auto reference = Bed::get().image("rich");
  must(sys::make_directories(mirror.path("certs/" + reference.host())));
  must(sys::write_file_atomic(
      mirror.path("certs/" + reference.host() + "/hosts.toml"),
      fmt::format("server = \"http://{}\"\n[host.\"http://{}\"]\n", reference.host(), liar->host()),
      0600));
  auto options = Bed::get().options("mirror-wrong");
  options.registry.hosts_directories = {mirror.path("certs")};
  Notes notes;
  const auto pulled = pull(*Bed::get().client("mirror-wrong"), reference, options, notes);
  INFO(notes.all);
  INFO((pulled ? std::string() : pulled.error().text()));
  REQUIRE(pulled);
  CHECK(notes.all.find("it came from " + liar->host() + ", asking the next host") !=
        std::string::npos);
  CHECK(differences(tree_of("mirror-wrong", "native", pulled->image.snapshot()),
                    tree_of("mirror-right", "native", right.image.snapshot())) == "");
  CHECK(partials("mirror-wrong").empty());
}

TEST_CASE("bad images are clear errors, and nothing is left of them") {
  const auto& [name, code] = GENERATE(table<std::string, Code>({
      {"diff-id", Code::data_loss},
      {"digest", Code::data_loss},
      {"media-type", Code::unimplemented},
      {"missing", Code::not_found},
      {"nonexistent", Code::not_found},
  }));
  INFO(name);
  NoProgress progress;
  const auto client = Bed::get().client("bad-" + name);
  const auto options = Bed::get().options("bad-" + name);
  const auto result = pull(*client, Bed::get().image(name), options, progress);
  REQUIRE_FALSE(result);
  INFO(result.error().text());
  CHECK(result.error().code() == code);
  check_nothing_left("bad-" + name);
  CHECK(partials("bad-" + name).empty());
}

TEST_CASE("an image for other platforms only is not_found with what there is") {
  NoProgress progress;
  const auto client = Bed::get().client("platform");
  auto options = Bed::get().options("platform");
  options.platform = {"linux", "arm64", ""};
  const auto result = pull(*client, Bed::get().image("rich"), options, progress);
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::not_found);
  CHECK(result.error().hint().find("linux/amd64") != std::string_view::npos);
}

TEST_CASE("a pool that is too full is an error before anything is made") {
  NoProgress progress;
  const auto client = Bed::get().client("full");
  auto options = Bed::get().options("full");
  options.free_space = [] { return Result<std::uint64_t>(1U << 20U); };
  const auto result = pull(*client, Bed::get().image("rich"), options, progress);
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::resource_exhausted);
  check_nothing_left("full");
}

TEST_CASE("a pool that becomes full while layers are unpacked ends the pull before it is full") {
  const std::string name = "fills";
  const auto client = Bed::get().client(name);
  auto options = Bed::get().options(name);
  options.boundaries = Boundaries::each;
  // Somebody else writes to it, too.
  std::uint64_t asked = 0;
  options.free_space = [&]() -> Result<std::uint64_t> {
    return (++asked <= 3 ? 1024ULL : 12ULL) << 20U;
  };
  NoProgress progress;
  const auto refused = pull(*client, Bed::get().image("big"), options, progress);
  REQUIRE_FALSE(refused);
  INFO(refused.error().text());
  CHECK(refused.error().code() == Code::resource_exhausted);
  CHECK(refused.error().text().find("only 12 MiB are free") != std::string::npos);
  CHECK(refused.error().hint().find("pool grow") != std::string_view::npos);
  check_nothing_left(name);
  options.free_space = []() -> Result<std::uint64_t> { return 1ULL << 30U; };
  CHECK(pull(*client, Bed::get().image("big"), options, progress));
}

TEST_CASE("a local image is used without its registry") {
  NoProgress progress;
  const auto client = Bed::get().client("local");
  const auto options = Bed::get().options("local");
  const auto reference = Bed::get().image("rich");
  CHECK(ensure(*client, reference, PullPolicy::never, options, progress).error().code() ==
        Code::not_found);
  CHECK(must(ensure(*client, reference, PullPolicy::missing, options, progress)).outcome ==
        PullOutcome::pulled);
  const std::size_t before = Bed::get().registry().log().size();
  CHECK(must(ensure(*client, reference, PullPolicy::missing, options, progress)).outcome ==
        PullOutcome::unchanged);
  CHECK(must(ensure(*client, reference, PullPolicy::never, options, progress)).outcome ==
        PullOutcome::unchanged);
  CHECK(Bed::get().registry().log().size() == before);
}

TEST_CASE("memory does not grow with a layer, of zeros or of noise") {
  const auto peak = [](const std::string& image) {
    return must(peak_of_pull(Bed::get().image(image).name(), "memory-" + image)) >> 20U;
  };
  const auto small = peak("one");
  const auto zeros = peak("zeros");
  const auto random = peak("random");
  INFO("MiB: " << small << ", " << zeros << ", " << random);
  CHECK(zeros <= 128);
  CHECK(random <= 128);
  // The buffers between the threads are filled, and no more.
  CHECK(zeros <= small + 32);
  CHECK(random <= small + 32);
  for (const char* image : {"zeros", "random"}) {
    must(remove(*Bed::get().client(std::string("memory-") + image), Bed::get().image(image)));
  }
}

TEST_CASE("containerd applies no layer") {
  const auto applied = [] {  // it says so at level debug
    const std::string log = must(sys::read_file(Bed::get().containerd().folder() + "/log"));
    std::size_t count = 0;
    for (auto at = log.find("diff applied"); at != std::string::npos;
         at = log.find("diff applied", at + 1)) {
      ++count;
    }
    return count;
  };
  const std::size_t before = applied();
  pull_now("no-apply", "rich");
  CHECK(applied() == before);
  pull_by_ctr("no-apply-ctr", "native", Bed::get().image("rich").name());
  CHECK(applied() == before + 3);
}
