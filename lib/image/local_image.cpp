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

/// The image behind a record; nothing when it is incomplete or not for `platform`.
Result<std::optional<LocalImage>> read_local(containerd::Client& client,
                                             const containerd::Image& record,
                                             const oci::Platform& platform) {
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

using Snapshots = std::map<std::string, containerd::SnapshotInfo>;

/// The bytes of a snapshot and all its parents; nothing when one of them is missing.
Result<std::optional<std::uint64_t>> size_with_parents(containerd::Client& client,
                                                       const std::string& snapshotter,
                                                       const Snapshots& snapshots,
                                                       std::string name) {
  std::uint64_t size = 0;
  while (!name.empty()) {
    const auto found = snapshots.find(name);
    if (found == snapshots.end()) return std::optional<std::uint64_t>();
    const auto usage = TRY(unless_missing(client.snapshot_usage(snapshotter, name)));
    if (!usage) return std::optional<std::uint64_t>();
    size += static_cast<std::uint64_t>(std::max<std::int64_t>(usage->size, 0));
    name = found->second.parent;
  }
  return std::optional(size);
}

}  // namespace

std::uint64_t LocalImage::size() const {
  std::uint64_t bytes = manifest.size + content.config.size;
  for (const auto& layer : content.layers) bytes += layer.size;
  return bytes;
}

Result<std::optional<LocalImage>> find_local(containerd::Client& client, const std::string& name,
                                             const oci::Platform& platform) {
  const auto record = TRY(unless_missing(client.image_get(name)));
  if (!record) return std::optional<LocalImage>();
  return read_local(client, *record, platform);
}

Result<bool> is_unpacked(containerd::Client& client, const std::string& snapshotter,
                         const LocalImage& image) {
  const auto info = TRY(unless_missing(client.snapshot_stat(snapshotter, image.snapshot())));
  return info && info->kind == containerd::SnapshotKind::committed;
}

Result<std::vector<ImageSummary>> list(containerd::Client& client, const std::string& snapshotter,
                                       const oci::Platform& platform) {
  const auto records = TRY(client.image_list());
  // Without the snapshotter (its pool is missing) the images are still worth a list.
  Snapshots snapshots;
  if (auto infos = client.snapshot_list(snapshotter, {})) {
    for (auto& info : *infos) snapshots.emplace(info.name, info);
  }
  std::vector<ImageSummary> summaries;
  for (const auto& record : records) {
    ImageSummary summary{record, TRY(read_local(client, record, platform)), std::nullopt};
    if (summary.image) {
      summary.unpacked_size =
          TRY(size_with_parents(client, snapshotter, snapshots, summary.image->snapshot()));
    }
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

Result<> remove(containerd::Client& client, const oci::Reference& reference) {
  auto removed = client.image_delete(reference.name());
  if (removed || removed.error().code() != Code::not_found) return removed;
  return Error(Code::not_found, fmt::format("there is no image '{}'", reference.name()))
      .with_hint("'flintctl image list' shows what there is");
}

}  // namespace flintctl::image
