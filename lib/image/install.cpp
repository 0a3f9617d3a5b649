// SPDX-License-Identifier: Apache-2.0
#include "image/install.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "archive/compression.hpp"
#include "core/rollback.hpp"
#include "core/units.hpp"
#include "image/abandoned.hpp"
#include "image/layer_blobs.hpp"
#include "image/shared_prefixes.hpp"
#include "image/snapshot_builder.hpp"
#include "image/snapshot_disk.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"
#include "sys/process.hpp"

namespace flintctl::image {
namespace {

constexpr std::chrono::hours patience(1);  // for another pull of the same image
constexpr std::uint64_t full_disk = 32 * mib;

/// One installation: the steps of run(), in order.
class Install {
 public:
  Install(const Installation& image, const OpenLayers& open_layers)
      : client_(image.client), image_(image), open_layers_(open_layers) {}

  Result<std::optional<CachedBootFiles>> run();

 private:
  Result<> forget_earlier_boots(const std::string& boot);
  Result<std::size_t> adopt_committed(const std::string& lease);
  Result<std::set<std::string>> committed_of(std::span<const oci::Digest> names);
  Result<std::set<std::size_t>> running_prefixes(const std::string& own_lease);
  Result<> build_shared(const BuildContext& context, const LayerGroup& group);
  [[nodiscard]] std::uint64_t bytes_needed(std::size_t first) const;
  Result<> check_pool(std::size_t committed);
  Result<> check_disk();
  [[nodiscard]] Error disk_full(const std::string& why) const;
  Result<CachedBootFiles> build_boot_files(LayerSource& layers, const std::string& lease);
  Result<> build(LayerSource& layers, const std::string& lease, std::size_t committed);

  [[nodiscard]] const Documents& documents() const { return image_.documents; }
  [[nodiscard]] const InstallOptions& options() const { return image_.options; }

  containerd::Client& client_;
  const Installation& image_;
  const OpenLayers& open_layers_;
  std::optional<SnapshotDisk> disk_;  ///< nothing: each snapshot has its own
};

Result<std::optional<CachedBootFiles>> Install::run() {
  const std::string target = documents().chain.back().text();
  const std::string boot = TRY(sys::boot_id());
  if (shares_disk(options().snapshotter)) {
    disk_ = TRY(SnapshotDisk::open(client_, options().snapshotter));
    TRY(forget_earlier_boots(boot));
  }
  std::optional<Timed> timed(std::in_place, image_.progress, Work::containerd);
  const std::string lease = "flintctl-pull-" + sys::random_hex(8);
  TRY(client_.lease_create(lease, {{label_kind, "pull"},
                                   {label_target, target},
                                   {label_chain, short_chain(documents().chain)},
                                   {label_snapshotter, options().snapshotter},
                                   {label_reference, image_.reference.name()},
                                   {label_boot, boot}}));
  Rollback undo([&] { (void)client_.lease_delete(lease); });
  // First ours, then the dead pull's: what it committed is not collected in between.
  const std::size_t committed = TRY(adopt_committed(lease));
  TRY(delete_abandoned(client_, options().snapshotter, target, lease));
  timed.reset();
  TRY(sys::check_interrupt());

  const auto& layers = documents().content.layers;
  // On a layer that is here a snapshot costs less than to have the layer brought again.
  const bool files_only = options().boot && committed == 0;
  // Under another name, or by a pull that was killed after it cached them.
  auto files =
      files_only ? options().boot->cache->find(target, options().boot->request) : std::nullopt;
  const auto leased = client_.with_lease(lease);
  const bool keep = options().blobs == LayerBlobs::kept && !TRY(hold_blobs(*leased, lease, layers));
  image_.progress.layers(layers);
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    const bool exists = !keep && (layer < committed || files);
    image_.progress.layer(layer, exists ? LayerPhase::exists : LayerPhase::waiting, 0);
  }
  const bool missing = committed < documents().chain.size() && !files;
  if (missing || keep) {
    TRY(files_only ? check_disk() : check_pool(committed));
    const auto source = TRY(open_layers_(keep ? 0 : committed));
    if (missing && files_only) files = TRY(build_boot_files(*source, lease));
    if (missing && !files_only) TRY(build(*source, lease, committed));
    if (keep) TRY(keep_blobs(*leased, layers, *source, image_.progress));
  }
  TRY(sys::check_interrupt());
  if (disk_ && !files_only) {
    const Timed flushing(image_.progress, Work::flush);
    TRY(disk_->flush());
  }
  timed.emplace(image_.progress, Work::containerd);
  TRY(write_records(*leased, image_.reference, documents(),
                    files_only ? std::nullopt : std::optional(options().snapshotter),
                    image_.origin));
  undo.commit();
  TRY(client_.lease_delete(lease));
  return files;
}

/// What a pull of an earlier boot committed and nothing else holds may not be on the disk: the
/// power went before it was flushed. Snapshots go with the lease.
Result<> Install::forget_earlier_boots(const std::string& boot) {
  const auto leases =
      TRY(client_.lease_list({fmt::format("labels.\"{}\"==pull,labels.\"{}\"==\"{}\"", label_kind,
                                          label_snapshotter, options().snapshotter)}));
  for (const auto& lease : leases) {
    const auto made = lease.labels.find(label_boot);
    if (made == lease.labels.end() || made->second == boot) continue;
    auto deleted = client_.lease_delete(lease.id);
    // Another pull may forget it at the same time.
    if (!deleted && deleted.error().code() != Code::not_found) return deleted;
  }
  return {};
}

/// How many lowest layers are in a committed snapshot that our lease now holds.
Result<std::size_t> Install::adopt_committed(const std::string& lease) {
  const auto& chain = documents().chain;
  for (std::size_t count = chain.size();;) {
    const auto committed = TRY(committed_of(std::span(chain).first(count)));
    while (count > 0 && !committed.contains(chain[count - 1].text())) --count;
    if (count == 0) return count;
    const std::string chain_id = chain[count - 1].text();
    TRY(client_.lease_add(lease, {chain_id, "snapshots/" + options().snapshotter}));
    // Again, because it may have been collected before the lease held it.
    if (!TRY(committed_of(std::span(&chain[count - 1], 1))).empty()) return count;
  }
}

/// Those of the names that committed snapshots have, by one question however many they are.
Result<std::set<std::string>> Install::committed_of(std::span<const oci::Digest> names) {
  std::vector<std::string> filters;
  for (const auto& name : names) filters.push_back(fmt::format("name==\"{}\"", name.text()));
  std::set<std::string> committed;
  for (const auto& info : TRY(client_.snapshot_list(options().snapshotter, filters))) {
    if (info.kind == containerd::SnapshotKind::committed) committed.insert(info.name);
  }
  return committed;
}

/// Counts of lowest layers that this image shares with those that other commands pull to the same
/// snapshotter now.
Result<std::set<std::size_t>> Install::running_prefixes(const std::string& own_lease) {
  const auto leases =
      TRY(client_.lease_list({fmt::format("labels.\"{}\"==pull,labels.\"{}\"==\"{}\"", label_kind,
                                          label_snapshotter, options().snapshotter)}));
  const std::string mine = short_chain(documents().chain);
  std::set<std::size_t> counts;
  for (const auto& lease : leases) {
    const auto chain = lease.labels.find(label_chain);
    if (lease.id == own_lease || chain == lease.labels.end()) continue;
    if (const auto count = common_prefix(mine, chain->second); count > 0) counts.insert(count);
  }
  return counts;
}

/// A snapshot that another pull may be making is made once: whoever comes second waits, and finds
/// it. Nobody waits for one that waits for him, for a pull holds the lock of a snapshot only while
/// it makes that, and waits only for those of fewer layers than its own image's.
Result<> Install::build_shared(const BuildContext& context, const LayerGroup& group) {
  const auto path = pull_lock_path(options().run_directory, client_, options().snapshotter,
                                   documents().chain[group.end - 1].text());
  auto held = sys::FileLock::acquire(path);
  if (!held && held.error().code() == Code::aborted) {
    image_.progress.note("waiting for another pull, which unpacks layers of this image: " +
                         held.error().message());
    held = sys::FileLock::acquire(path, patience);
  }
  const sys::FileLock lock = TRY(std::move(held));
  return build_snapshot(context, group);
}

/// Bytes that the layers from `first` on will take. What compressed ones hold is nowhere written:
/// gzip and zstd halve a root file system at least.
std::uint64_t Install::bytes_needed(std::size_t first) const {
  const auto& layers = documents().content.layers;
  std::uint64_t need = 8 * mib;
  for (std::size_t layer = first; layer < layers.size(); ++layer) {
    const auto compression = archive::promised_compression(layers[layer].media_type);
    const bool plain = compression && *compression == archive::Compression::none;
    need += layers[layer].size * (plain ? 1 : 2);
  }
  return need;
}

Result<> Install::check_pool(std::size_t committed) {
  if (!options().free_space) return {};
  const std::uint64_t need = bytes_needed(committed);
  const std::uint64_t free = TRY(options().free_space());
  if (free >= need) return {};
  return Error(Code::resource_exhausted,
               fmt::format("the pool has {} free, the image needs about {}", format_size(free),
                           format_size(need)))
      .with_hint("remove images or VMs, or grow the pool");
}

Result<> Install::check_disk() {
  const std::uint64_t need = bytes_needed(0);
  const std::uint64_t free = TRY(options().boot->cache->free_bytes());
  if (free >= need) return {};
  return disk_full(fmt::format("the disk has {} free, the image needs about {}", format_size(free),
                               format_size(need)));
}

Error Install::disk_full(const std::string& why) const {
  return Error(Code::resource_exhausted, why)
      .with_hint(fmt::format("make room on the disk of {}", options().boot->cache->path()));
}

/// Without the pool: of a kernel's image hardly more than two files are wanted, and a folder that
/// is gone again before the kernel begins to write it to the disk costs least.
Result<CachedBootFiles> Install::build_boot_files(LayerSource& layers, const std::string& lease) {
  const BootTarget& boot = *options().boot;
  const auto folder = TRY(boot.cache->layer_folder());
  const SpaceWatch::FreeSpace free_space = [&] { return boot.cache->free_bytes(); };
  const BuildContext context{client_,         lease,      options().snapshotter,
                             documents(),     layers,     options().limits,
                             image_.progress, free_space, nullptr};
  const auto make = [&]() -> Result<CachedBootFiles> {
    TRY(unpack(context, {0, documents().chain.size()}, folder.mount()));
    return boot.cache->from_layers(folder, documents().chain.back().text(), boot.request);
  };
  auto made = make();
  // What was unpacked still takes its room. The hints of those who found out are about pools.
  const bool full = !made && made.error().code() == Code::resource_exhausted &&
                    TRY(boot.cache->free_bytes()) < full_disk;
  if (full) return disk_full(made.error().text());
  return made;
}

Result<> Install::build(LayerSource& layers, const std::string& lease, std::size_t committed) {
  LayerFacts facts{{}, committed, {}};
  std::set<std::size_t> running;
  for (const auto& layer : documents().content.layers) facts.sizes.push_back(layer.size);
  if (options().boundaries == Boundaries::automatic && facts.sizes.size() > committed + 1) {
    const auto local = TRY(shared_prefixes(client_, documents(), options().platform));
    running = TRY(running_prefixes(lease));
    facts.shared.assign(local.begin(), local.end());
    facts.shared.insert(facts.shared.end(), running.begin(), running.end());
  }
  const auto leased = client_.with_lease(lease);
  const BuildContext context{*leased,
                             lease,
                             options().snapshotter,
                             documents(),
                             layers,
                             options().limits,
                             image_.progress,
                             options().free_space,
                             disk_ ? &*disk_ : nullptr};
  for (const LayerGroup& group : plan_layers(facts, options().boundaries)) {
    TRY(sys::check_interrupt());
    // The whole image's lock is ours already.
    const bool shared = running.contains(group.end) && group.end < documents().chain.size();
    TRY(shared ? build_shared(context, group) : build_snapshot(context, group));
  }
  return {};
}

}  // namespace

Result<sys::FileLock> lock_image(containerd::Client& client, const Documents& documents,
                                 const InstallOptions& options, Progress& progress) {
  const auto path = pull_lock_path(options.run_directory, client, options.snapshotter,
                                   documents.chain.back().text());
  auto held = sys::FileLock::acquire(path);
  if (held || held.error().code() != Code::aborted) return held;
  progress.note("waiting for another pull of this image: " + held.error().message());
  return sys::FileLock::acquire(path, patience);
}

Result<std::optional<CachedBootFiles>> install(const Installation& image,
                                               const OpenLayers& open_layers) {
  return Install(image, open_layers).run();
}

}  // namespace flintctl::image
