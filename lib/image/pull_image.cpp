// SPDX-License-Identifier: Apache-2.0
#include "image/pull_image.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "image/abandoned.hpp"
#include "image/documents.hpp"
#include "image/install.hpp"
#include "image/layer_blobs.hpp"
#include "image/layer_fetcher.hpp"
#include "image/partial_file.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::image {
namespace {

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
  void spent(Work work, std::chrono::nanoseconds time) override {
    const std::lock_guard lock(mutex_);
    spent_[work] += time;
    inner_.spent(work, time);
  }
  /// All of it; when no thread is at work any more.
  [[nodiscard]] const std::map<Work, std::chrono::nanoseconds>& all_spent() const { return spent_; }

 private:
  std::mutex mutex_;
  Progress& inner_;
  std::map<Work, std::chrono::nanoseconds> spent_;
};

/// The image, if all that is wanted of it is here.
Result<std::optional<PullResult>> complete(containerd::Client& client, const PullOptions& options,
                                           LocalImage image) {
  PullResult result{std::move(image), PullOutcome::unchanged, {}};
  if (options.boot) {
    result.files = options.boot->cache->find(result.image.snapshot(), options.boot->request);
  }
  if (!result.files && !TRY(is_unpacked(client, options.snapshotter, result.image))) {
    return std::optional<PullResult>();
  }
  return std::optional(std::move(result));
}

/// One pull: the steps of run(), in order.
class Pull {
 public:
  Pull(containerd::Client& client, const oci::Reference& reference, const PullOptions& options,
       Progress& progress)
      : client_(client), reference_(reference), options_(options), progress_(progress) {}

  Result<PullResult> run();

 private:
  Result<std::optional<PullResult>> unchanged(const std::optional<oci::Digest>& target);
  Result<> clear_up_after(const LocalImage& image);
  Result<PullResult> without_registry(Error why);
  Result<std::optional<CachedBootFiles>> install_from(const oci::Registry& registry,
                                                      const Documents& documents,
                                                      const OpenLayers& download);
  Result<Documents> fetch_documents(oci::Registry& registry, const oci::Descriptor& target);

  containerd::Client& client_;
  const oci::Reference& reference_;
  const PullOptions& options_;
  SerialProgress progress_;
};

Result<PullResult> Pull::run() {
  if (reference_.digest()) {
    if (auto found = TRY(unchanged(reference_.digest()))) {
      TRY(clear_up_after(found->image));
      return *std::move(found);
    }
  }
  auto asking = options_.registry;
  asking.note = [this](const std::string& text) { progress_.note(text); };
  auto registry = TRY(oci::Registry::open(reference_, std::move(asking)));
  auto resolved = registry.resolve();
  if (!resolved && !registry.answers() && !options_.must_ask) {
    return without_registry(std::move(resolved).error());
  }
  const auto target = TRY(std::move(resolved));
  progress_.resolved(reference_.name(), target.digest);
  if (auto found = TRY(unchanged(target.digest))) {
    TRY(clear_up_after(found->image));
    return *std::move(found);
  }

  TRY(sys::require_root("pulling an image"));
  const auto documents = TRY(fetch_documents(registry, target));
  const auto held = TRY(lock_image(client_, documents, options_, progress_));
  // Whoever held the lock may have done our work.
  if (auto found = TRY(unchanged(target.digest))) return *std::move(found);
  const std::string directory = partial_directory(options_.state_directory);
  const OpenLayers download = [&](std::size_t first) -> Result<std::unique_ptr<LayerSource>> {
    auto fetcher = TRY(LayerFetcher::start(registry, documents.content.layers,
                                           {directory, options_.parallel, first}, progress_));
    return std::unique_ptr<LayerSource>(std::move(fetcher));
  };
  auto files = TRY(install_from(registry, documents, download));
  for (const auto& layer : documents.content.layers) TRY(remove_partial(directory, layer.digest));

  auto image = TRY(find_local(client_, reference_.name(), options_.platform));
  if (!image) {
    return Error(Code::aborted, "the image was removed right after it was pulled");
  }
  return PullResult{
      *std::move(image), PullOutcome::pulled, {}, std::move(files), progress_.all_spent()};
}

/// Again without the mirror that sent a layer which could not be unpacked, if one did.
Result<std::optional<CachedBootFiles>> Pull::install_from(const oci::Registry& registry,
                                                          const Documents& documents,
                                                          const OpenLayers& download) {
  for (;;) {
    const auto known = registry.distrusted().size();
    auto installed =
        install({client_, reference_, Origin::registry, documents, options_, progress_}, download);
    const auto distrusted = registry.distrusted();
    if (installed || distrusted.size() == known) return installed;
    progress_.note(fmt::format("{}; it came from {}, asking the next host",
                               installed.error().text(), fmt::join(distrusted, ", ")));
  }
}

/// What a pull left that was killed when it was all but done, so that nothing is left to do.
Result<> Pull::clear_up_after(const LocalImage& image) {
  const auto directory = partial_directory(options_.state_directory);
  for (const auto& layer : image.content.layers) TRY(remove_partial(directory, layer.digest));
  const auto dead = TRY(abandoned_leases(client_, options_.run_directory));
  const bool ours = std::any_of(dead.begin(), dead.end(), [&](const auto& lease) {
    const auto target = lease.labels.find(label_target);
    return target != lease.labels.end() && target->second == image.snapshot();
  });
  if (!ours) return {};
  const auto held = sys::FileLock::acquire(
      pull_lock_path(options_.run_directory, client_, options_.snapshotter, image.snapshot()));
  return held ? delete_abandoned(client_, options_.snapshotter, image.snapshot(), "") : Result<>();
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
  if (!image || (target && image->target.digest != *target)) return std::optional<PullResult>();
  const auto layers = image->content.layers;
  auto found = TRY(complete(client_, options_, *std::move(image)));
  if (!found || (options_.blobs == LayerBlobs::kept && !TRY(keeps_blobs(client_, found->image)))) {
    return std::optional<PullResult>();
  }
  if (!target) progress_.resolved(reference_.name(), found->image.target.digest);
  progress_.layers(layers);
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    progress_.layer(layer, LayerPhase::exists, 0);
  }
  return found;
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

}  // namespace

Result<PullResult> pull(containerd::Client& client, const oci::Reference& reference,
                        const PullOptions& options, Progress& progress) {
  const auto what = fmt::format("pulling image '{}'", reference.name());
  return Pull(client, reference, options, progress).run().context(what);
}

Result<PullResult> ensure(containerd::Client& client, const oci::Reference& reference,
                          PullPolicy policy, const PullOptions& options, Progress& progress) {
  std::string_view lacks = "is not here";
  if (policy != PullPolicy::always) {
    auto image = TRY(find_local(client, reference.name(), options.platform));
    // A name that promises a digest is not enough: whoever made the record may have lied.
    const auto& digest = reference.digest();
    if (image && (!digest || image->target.digest == *digest)) {
      if (auto found = TRY(complete(client, options, *std::move(image)))) return *std::move(found);
      lacks = options.boot ? "has neither a snapshot nor these boot files in the kernel cache"
                           : "is here, but not unpacked";
    }
  }
  if (policy == PullPolicy::never) {
    return Error(Code::not_found, fmt::format("image '{}' {}", reference.name(), lacks))
        .with_hint(fmt::format("pull it: flintctl image pull {}", reference.name()));
  }
  auto asking = options;
  asking.must_ask = policy == PullPolicy::always;
  return pull(client, reference, asking, progress);
}

}  // namespace flintctl::image
