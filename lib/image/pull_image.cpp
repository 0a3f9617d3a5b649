// SPDX-License-Identifier: Apache-2.0
#include "image/pull_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "core/rollback.hpp"
#include "core/units.hpp"
#include "image/abandoned.hpp"
#include "image/documents.hpp"
#include "image/layer_fetcher.hpp"
#include "image/partial_file.hpp"
#include "image/records.hpp"
#include "image/snapshot_builder.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"
#include "sys/lock.hpp"

namespace flintctl::image {
namespace {

constexpr std::size_t max_images_compared = 64;
constexpr std::chrono::hours patience(1);  // for another pull of the same image

/// Lets threads speak to a Progress one at a time.
class SerialProgress : public Progress {
 public:
  explicit SerialProgress(Progress& inner) : inner_(inner) {}
  void resolved(const std::string& name, const oci::Digest& digest) override {
    const std::lock_guard lock(mutex_);
    inner_.resolved(name, digest);
  }
  void layers(const std::vector<oci::Descriptor>& layers) override {
    const std::lock_guard lock(mutex_);
    inner_.layers(layers);
  }
  void layer(std::size_t index, LayerPhase phase, std::uint64_t bytes) override {
    const std::lock_guard lock(mutex_);
    inner_.layer(index, phase, bytes);
  }
  void note(const std::string& text) override {
    const std::lock_guard lock(mutex_);
    inner_.note(text);
  }

 private:
  std::mutex mutex_;
  Progress& inner_;
};

/// One pull: the steps of run(), in order.
class Pull {
 public:
  Pull(containerd::Client& client, const oci::Reference& reference, const PullOptions& options,
       Progress& progress)
      : client_(client), reference_(reference), options_(options), progress_(progress) {}

  Result<PullResult> run();

 private:
  Result<std::optional<PullResult>> unchanged(const std::optional<oci::Digest>& target);
  Result<PullResult> without_registry(Error why);
  Result<Documents> fetch_documents(oci::Registry& registry, const oci::Descriptor& target);
  Result<sys::FileLock> lock(const std::string& target);
  Result<> make(oci::Registry& registry, const Documents& documents);
  Result<std::size_t> adopt_committed(const Documents& documents, const std::string& lease);
  Result<> remove_abandoned(const std::string& target, const std::string& own_lease);
  Result<std::vector<std::size_t>> shared_prefixes(const Documents& documents);
  Result<> check_space(const std::vector<oci::Descriptor>& layers, std::size_t committed);
  Result<> build(oci::Registry& registry, const Documents& documents, const std::string& lease,
                 std::size_t committed);

  containerd::Client& client_;
  const oci::Reference& reference_;
  const PullOptions& options_;
  SerialProgress progress_;
};

Result<PullResult> Pull::run() {
  if (reference_.digest()) {
    if (auto found = TRY(unchanged(reference_.digest()))) return *std::move(found);
  }
  auto registry = TRY(oci::Registry::open(reference_, options_.registry));
  auto resolved = registry.resolve();
  if (!resolved && !registry.answers()) return without_registry(std::move(resolved).error());
  const auto target = TRY(std::move(resolved));
  progress_.resolved(reference_.name(), target.digest);
  if (auto found = TRY(unchanged(target.digest))) return *std::move(found);

  TRY(sys::require_root("pulling an image"));
  const auto documents = TRY(fetch_documents(registry, target));
  const auto held = TRY(lock(documents.chain.back().text()));
  // Whoever held the lock may have done our work.
  if (auto found = TRY(unchanged(target.digest))) return *std::move(found);
  TRY(make(registry, documents));

  auto image = TRY(find_local(client_, reference_.name(), options_.platform));
  if (!image) {
    return Error(Code::aborted, "the image was removed right after it was pulled");
  }
  return PullResult{*std::move(image), PullOutcome::pulled, {}};
}

/// What is here is taken for what the registry would have named, if it could be asked.
Result<PullResult> Pull::without_registry(Error why) {
  TRY(sys::check_interrupt());
  auto found = TRY(unchanged(std::nullopt));
  if (!found) return why;
  found->warning = fmt::format(
      "the image that is here may be outdated, for its registry does not answer: {}", why.text());
  return *std::move(found);
}

/// The image that is here, if it is complete and is `target`; without one, whatever it is.
Result<std::optional<PullResult>> Pull::unchanged(const std::optional<oci::Digest>& target) {
  auto image = TRY(find_local(client_, reference_.name(), options_.platform));
  if (!image || (target && image->target.digest != *target) ||
      !TRY(is_unpacked(client_, options_.snapshotter, *image))) {
    return std::optional<PullResult>();
  }
  if (!target) progress_.resolved(reference_.name(), image->target.digest);
  progress_.layers(image->content.layers);
  for (std::size_t layer = 0; layer < image->content.layers.size(); ++layer) {
    progress_.layer(layer, LayerPhase::exists, 0);
  }
  return std::optional(PullResult{*std::move(image), PullOutcome::unchanged, {}});
}

/// What containerd has under the same digest (another tag's) need not be fetched.
Result<Documents> Pull::fetch_documents(oci::Registry& registry, const oci::Descriptor& target) {
  const auto read = [&](const oci::Descriptor& descriptor,
                        DocumentKind kind) -> Result<std::string> {
    auto local = client_.content_read(descriptor.digest.text(), oci::max_config);
    if (local && local->size() == descriptor.size) return local;
    return kind == DocumentKind::config ? registry.blob(descriptor) : registry.manifest(descriptor);
  };
  return read_documents(target, options_.platform, read);
}

Result<sys::FileLock> Pull::lock(const std::string& target) {
  const auto path = pull_lock_path(options_.run_directory, client_, options_.snapshotter, target);
  auto held = sys::FileLock::acquire(path);
  if (held || held.error().code() != Code::aborted) return held;
  progress_.note("waiting for another pull of this image: " + held.error().message());
  return sys::FileLock::acquire(path, patience);
}

/// Lease, snapshots, records; on failure nothing but partial files is left.
Result<> Pull::make(oci::Registry& registry, const Documents& documents) {
  const std::string target = documents.chain.back().text();
  const std::string lease = "flintctl-pull-" + sys::random_hex(8);
  TRY(client_.lease_create(lease, {{label_kind, "pull"},
                                   {label_target, target},
                                   {label_snapshotter, options_.snapshotter},
                                   {label_reference, reference_.name()}}));
  Rollback undo([&] { (void)client_.lease_delete(lease); });
  // First ours, then the dead pull's: what it committed is not collected in between.
  const std::size_t committed = TRY(adopt_committed(documents, lease));
  TRY(remove_abandoned(target, lease));
  TRY(sys::check_interrupt());

  progress_.layers(documents.content.layers);
  for (std::size_t layer = 0; layer < documents.content.layers.size(); ++layer) {
    progress_.layer(layer, layer < committed ? LayerPhase::exists : LayerPhase::waiting, 0);
  }
  if (committed < documents.chain.size()) TRY(build(registry, documents, lease, committed));
  TRY(sys::check_interrupt());
  TRY(write_records(*client_.with_lease(lease), reference_, documents, options_.snapshotter));
  undo.commit();
  TRY(client_.lease_delete(lease));

  const std::string directory = partial_directory(options_.state_directory);
  for (const auto& layer : documents.content.layers) TRY(remove_partial(directory, layer.digest));
  return {};
}

/// How many lowest layers are in a committed snapshot that our lease now holds.
Result<std::size_t> Pull::adopt_committed(const Documents& documents, const std::string& lease) {
  const auto is_committed = [&](const std::string& chain_id) -> Result<bool> {
    const auto info = client_.snapshot_stat(options_.snapshotter, chain_id);
    if (info) return info->kind == containerd::SnapshotKind::committed;
    if (info.error().code() == Code::not_found) return false;
    return Error(info.error());
  };
  for (std::size_t count = documents.chain.size(); count > 0; --count) {
    const std::string chain_id = documents.chain[count - 1].text();
    if (!TRY(is_committed(chain_id))) continue;
    TRY(client_.lease_add(lease, {chain_id, "snapshots/" + options_.snapshotter}));
    // Again, because it may have been collected before the lease held it.
    if (TRY(is_committed(chain_id))) return count;
  }
  return std::size_t{0};
}

/// Leases of pulls to the same snapshot: we hold its lock, so they are dead.
Result<> Pull::remove_abandoned(const std::string& target, const std::string& own_lease) {
  const auto leases = TRY(client_.lease_list({fmt::format(
      "labels.\"{}\"==pull,labels.\"{}\"==\"{}\"", label_kind, label_target, target)}));
  for (const auto& lease : leases) {
    const auto snapshotter = lease.labels.find(label_snapshotter);
    const bool same =
        snapshotter != lease.labels.end() && snapshotter->second == options_.snapshotter;
    if (same && lease.id != own_lease) TRY(client_.lease_delete(lease.id));
  }
  return {};
}

/// Counts of lowest layers that local images share with this one.
Result<std::vector<std::size_t>> Pull::shared_prefixes(const Documents& documents) {
  std::vector<std::size_t> counts;
  auto records = TRY(client_.image_list());
  if (records.size() > max_images_compared) records.resize(max_images_compared);
  for (const auto& record : records) {
    const auto image = TRY(find_local(client_, record.name, options_.platform));
    if (!image) continue;
    const auto [mine, theirs] = std::mismatch(documents.chain.begin(), documents.chain.end(),
                                              image->chain.begin(), image->chain.end());
    counts.push_back(static_cast<std::size_t>(mine - documents.chain.begin()));
  }
  return counts;
}

/// The uncompressed size is nowhere written; gzip and zstd halve a root file system at least.
Result<> Pull::check_space(const std::vector<oci::Descriptor>& layers, std::size_t committed) {
  if (!options_.free_space) return {};
  std::uint64_t compressed = 0;
  for (std::size_t layer = committed; layer < layers.size(); ++layer) {
    compressed += layers[layer].size;
  }
  const std::uint64_t need = 2 * compressed + 8 * mib;
  const std::uint64_t free = TRY(options_.free_space());
  if (free >= need) return {};
  return Error(Code::resource_exhausted,
               fmt::format("the pool has {} free, the image needs about {}", format_size(free),
                           format_size(need)))
      .with_hint("remove images or VMs, or grow the pool");
}

Result<> Pull::build(oci::Registry& registry, const Documents& documents, const std::string& lease,
                     std::size_t committed) {
  const auto& layers = documents.content.layers;
  TRY(check_space(layers, committed));
  LayerFacts facts{{}, committed, {}};
  for (const auto& layer : layers) facts.sizes.push_back(layer.size);
  if (options_.boundaries == Boundaries::automatic && layers.size() > committed + 1) {
    facts.shared = TRY(shared_prefixes(documents));
  }
  const auto fetcher = TRY(LayerFetcher::start(
      registry, layers, {partial_directory(options_.state_directory), options_.parallel, committed},
      progress_));
  const auto leased = client_.with_lease(lease);
  const BuildContext context{*leased, lease, options_.snapshotter, documents, *fetcher, progress_};
  for (const LayerGroup& group : plan_layers(facts, options_.boundaries)) {
    TRY(sys::check_interrupt());
    TRY(build_snapshot(context, group));
  }
  return {};
}

}  // namespace

Result<PullResult> pull(containerd::Client& client, const oci::Reference& reference,
                        const PullOptions& options, Progress& progress) {
  const auto what = fmt::format("pulling image '{}'", reference.name());
  return Pull(client, reference, options, progress).run().context(what);
}

Result<PullResult> ensure(containerd::Client& client, const oci::Reference& reference,
                          PullPolicy policy, const PullOptions& options, Progress& progress) {
  if (policy != PullPolicy::always) {
    auto image = TRY(find_local(client, reference.name(), options.platform));
    if (image && TRY(is_unpacked(client, options.snapshotter, *image))) {
      return PullResult{*std::move(image), PullOutcome::unchanged, {}};
    }
  }
  if (policy == PullPolicy::never) {
    return Error(Code::not_found, fmt::format("image '{}' is not here", reference.name()))
        .with_hint(fmt::format("pull it: flintctl image pull {}", reference.name()));
  }
  return pull(client, reference, options, progress);
}

}  // namespace flintctl::image
