// SPDX-License-Identifier: Apache-2.0
#include "image/local_image.hpp"

#include <fmt/format.h>

#include <map>

#include "image/documents.hpp"

namespace flintctl::image {
namespace {

/// Nothing instead of a failure to find.
template <typename T>
Result<std::optional<T>> unless_missing(Result<T> result) {
  if (result) return std::optional<T>(*std::move(result));
  if (result.error().code() == Code::not_found) return std::optional<T>();
  return std::move(result).error();
}

/// Sizes of a snapshotter's snapshots, each asked for once however many images are of it.
class SnapshotSizes {
 public:
  SnapshotSizes(containerd::Client& client, const std::string& snapshotter)
      : client_(client), snapshotter_(snapshotter) {
    // Without the snapshotter (its pool is missing) the images are still worth a list.
    if (auto infos = client.snapshot_list(snapshotter, {})) {
      for (auto& info : *infos) snapshots_[info.name].parent = info.parent;
    }
  }

  struct Sizes {
    std::optional<std::uint64_t> all;
    std::uint64_t shared = 0;
  };

  /// To be called once for each image, before the first of(): a snapshot that is counted twice is
  /// shared.
  void count(const std::string& top) {
    for (auto* snapshot = find(top); snapshot != nullptr; snapshot = find(snapshot->parent)) {
      ++snapshot->images;
    }
  }

  /// Of a snapshot and all its parents; nothing when one of them is missing.
  Result<Sizes> of(const std::string& top) {
    Sizes sizes;
    std::uint64_t all = 0;
    for (std::string name = top; !name.empty();) {
      Snapshot* const snapshot = find(name);
      if (snapshot == nullptr) return Sizes{};
      if (!snapshot->size) {
        const auto usage = TRY(unless_missing(client_.snapshot_usage(snapshotter_, name)));
        if (!usage) return Sizes{};
        snapshot->size = static_cast<std::uint64_t>(std::max<std::int64_t>(usage->size, 0));
      }
      all += *snapshot->size;
      if (snapshot->images > 1) sizes.shared += *snapshot->size;
      name = snapshot->parent;
    }
    sizes.all = all;
    return sizes;
  }

 private:
  struct Snapshot {
    std::string parent;
    std::optional<std::uint64_t> size;
    unsigned images = 0;
  };
  Snapshot* find(const std::string& name) {
    const auto found = snapshots_.find(name);
    return found == snapshots_.end() ? nullptr : &found->second;
  }

  containerd::Client& client_;
  const std::string& snapshotter_;
  std::map<std::string, Snapshot> snapshots_;
};

}  // namespace

std::uint64_t LocalImage::size() const {
  std::uint64_t bytes = manifest.size + content.config.size;
  for (const auto& layer : content.layers) bytes += layer.size;
  return bytes;
}

Result<std::optional<LocalImage>> read_local(containerd::Client& client,
                                             const containerd::Image& record,
                                             const PlatformChoice& platform) {
  auto digest = oci::Digest::parse(record.target.digest);
  if (!digest || record.target.size < 0) return std::optional<LocalImage>();
  const oci::Descriptor target{record.target.media_type, *digest,
                               static_cast<std::uint64_t>(record.target.size)};
  const auto from_content = [&](const oci::Descriptor& descriptor, DocumentKind) {
    return client.content_read(descriptor.digest.text(), oci::max_config);
  };
  auto read = read_documents(target, platform, from_content);
  if (!read) {
    const Code code = read.error().code();
    // Another client's record may be of what we do not handle (a chart, an artifact): not ours.
    if (code == Code::not_found || code == Code::unimplemented || code == Code::data_loss) {
      return std::optional<LocalImage>();
    }
    return std::move(read).error();
  }
  return std::optional(LocalImage{record.name, target, read->manifest.descriptor,
                                  std::move(read->content), std::move(read->parsed_config),
                                  std::move(read->chain), record.created_at});
}

Result<std::optional<LocalImage>> find_local(containerd::Client& client, const std::string& name,
                                             const PlatformChoice& platform) {
  const auto record = TRY(unless_missing(client.image_get(name)));
  if (!record) return std::optional<LocalImage>();
  return read_local(client, *record, platform);
}

Error no_such_image(const oci::Reference& reference) {
  return Error(Code::not_found, fmt::format("there is no image '{}'", reference.name()))
      .with_hint("'flintctl image list' shows what there is");
}

Result<LocalImage> require_local(containerd::Client& client, const oci::Reference& reference,
                                 const PlatformChoice& choice) {
  const auto record = TRY(unless_missing(client.image_get(reference.name())));
  if (!record) return no_such_image(reference);
  auto image = TRY(read_local(client, *record, choice));
  if (image) return *std::move(image);
  return Error(Code::not_found, fmt::format("image '{}' is not for {}, or not all of it is here",
                                            reference.name(), choice.platform.text()))
      .with_hint(fmt::format("'flintctl image check {}' says what misses", reference.name()));
}

Result<bool> is_unpacked(containerd::Client& client, const std::string& snapshotter,
                         const LocalImage& image) {
  const auto info = TRY(unless_missing(client.snapshot_stat(snapshotter, image.snapshot())));
  if (!info || info->kind != containerd::SnapshotKind::committed) return false;
  const auto config = TRY(unless_missing(client.content_info(image.content.config.digest.text())));
  if (!config) return false;
  const auto held = config->labels.find("containerd.io/gc.ref.snapshot." + snapshotter);
  return held != config->labels.end() && held->second == image.snapshot();
}

Result<std::vector<ImageSummary>> list(containerd::Client& client, const std::string& snapshotter,
                                       const PlatformChoice& platform) {
  SnapshotSizes snapshots(client, snapshotter);
  std::vector<ImageSummary> summaries;
  for (const auto& record : TRY(client.image_list())) {
    ImageSummary summary{record, TRY(read_local(client, record, platform)), std::nullopt, 0};
    if (summary.image) snapshots.count(summary.image->snapshot());
    summaries.push_back(std::move(summary));
  }
  for (auto& summary : summaries) {
    if (!summary.image) continue;
    const auto sizes = TRY(snapshots.of(summary.image->snapshot()));
    summary.unpacked_size = sizes.all;
    summary.shared_size = sizes.shared;
  }
  return summaries;
}

Result<> remove(containerd::Client& client, const oci::Reference& reference) {
  auto removed = client.image_delete(reference.name());
  if (removed || removed.error().code() != Code::not_found) return removed;
  return no_such_image(reference);
}

}  // namespace flintctl::image
