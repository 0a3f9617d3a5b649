// SPDX-License-Identifier: Apache-2.0
#include "image/inspection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "image/documents.hpp"
#include "sys/interrupt.hpp"
#include "sys/sha256.hpp"

namespace flintctl::image {
namespace {

/// Chain IDs of all images but `name`, of whatever platform is asked for.
Result<std::set<std::string>> chains_of_others(containerd::Client& client, const std::string& name,
                                               const PlatformChoice& platform) {
  std::set<std::string> chains;
  for (const auto& record : TRY(client.image_list())) {
    if (record.name == name) continue;
    const auto image = TRY(read_local(client, record, platform));
    if (!image) continue;
    for (const auto& chain_id : image->chain) chains.insert(chain_id.text());
  }
  return chains;
}

Result<LayerInspection> inspect_layer(containerd::Client& client, const std::string& snapshotter,
                                      const LocalImage& image, std::size_t index) {
  LayerInspection layer{image.content.layers[index],
                        image.config.diff_ids[index],
                        image.chain[index],
                        std::nullopt,
                        false,
                        false};
  const auto usage = client.snapshot_usage(snapshotter, layer.chain_id.text());
  if (usage) {
    layer.snapshot_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(usage->size, 0));
  } else if (usage.error().code() != Code::not_found) {
    return usage.error();
  }
  layer.blob_kept = client.content_info(layer.descriptor.digest.text()).has_value();
  return layer;
}

/// Whether a failure says something of containerd, or of the user, and nothing of what was read.
bool is_passing(const Error& error) {
  const Code code = error.code();
  return code == Code::unavailable || code == Code::host_not_ready ||
         code == Code::deadline_exceeded || code == Code::cancelled;
}

/// What is wrong with the blob of a layer; nothing when it is not kept.
Result<std::string> check_blob(containerd::Client& client, const std::string& digest) {
  const auto kept = client.content_info(digest);
  if (!kept && kept.error().code() == Code::not_found) return std::string();
  if (!kept) return kept.error();
  sys::Sha256 hash;
  const auto read = client.content_stream(digest, [&](std::string_view piece) -> Result<> {
    hash.update(piece);
    return sys::check_interrupt();
  });
  TRY(sys::check_interrupt());
  if (!read && is_passing(read.error())) return read.error();
  if (!read) return read.error().text();
  if ("sha256:" + hash.finish() == digest) return std::string();
  return fmt::format("content {} has another digest", digest);
}

Result<> check_blobs(containerd::Client& client, const std::vector<oci::Descriptor>& layers,
                     BlobVerdicts& verdicts, std::vector<std::string>& problems) {
  for (const auto& layer : layers) {
    const std::string digest = layer.digest.text();
    auto verdict = verdicts.find(digest);
    if (verdict == verdicts.end()) {
      verdict = verdicts.emplace(digest, TRY(check_blob(client, digest))).first;
    }
    if (!verdict->second.empty()) problems.push_back("a kept layer is damaged: " + verdict->second);
  }
  return {};
}

}  // namespace

std::uint64_t Inspection::unpacked_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& layer : layers) bytes += layer.snapshot_bytes.value_or(0);
  return bytes;
}

std::uint64_t Inspection::shared_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& layer : layers) bytes += layer.shared ? layer.snapshot_bytes.value_or(0) : 0;
  return bytes;
}

Result<Inspection> inspect(containerd::Client& client, const std::string& snapshotter,
                           const PlatformChoice& platform, const oci::Reference& reference) {
  auto image = TRY(require_local(client, reference, platform));
  const auto others = TRY(chains_of_others(client, image.name, platform));
  Inspection inspection{std::move(image), {}, false};
  for (std::size_t index = 0; index < inspection.image.chain.size(); ++index) {
    auto layer = TRY(inspect_layer(client, snapshotter, inspection.image, index));
    layer.shared = layer.snapshot_bytes && others.contains(layer.chain_id.text());
    inspection.layers.push_back(std::move(layer));
  }
  inspection.unpacked = TRY(is_unpacked(client, snapshotter, inspection.image));
  return inspection;
}

Result<std::vector<std::string>> check(containerd::Client& client, const std::string& snapshotter,
                                       const PlatformChoice& platform, const CachedPaths& cached,
                                       const containerd::Image& record, BlobVerdicts& blobs) {
  std::vector<std::string> problems;
  const auto digest = oci::Digest::parse(record.target.digest);
  if (!digest || record.target.size < 0) return std::vector<std::string>{"its record is damaged"};
  const oci::Descriptor target{record.target.media_type, *digest,
                               static_cast<std::uint64_t>(record.target.size)};
  const auto read = [&](const oci::Descriptor& descriptor, DocumentKind) -> Result<std::string> {
    auto bytes = TRY(client.content_read(descriptor.digest.text(), oci::max_config));
    if (oci::Digest::of(bytes) == descriptor.digest) return bytes;
    return Error(Code::data_loss,
                 fmt::format("content {} has another digest", descriptor.digest.text()));
  };
  const auto documents = read_documents(target, platform, read);
  if (!documents) {
    if (is_passing(documents.error())) return documents.error();
    return std::vector<std::string>{documents.error().text()};
  }
  const auto& chain_id = documents->chain.back().text();
  const auto info = client.snapshot_stat(snapshotter, chain_id);
  if (!info && info.error().code() != Code::not_found) return info.error();
  const bool unpacked = info && info->kind == containerd::SnapshotKind::committed;
  if (!unpacked && !cached.contains(chain_id)) {
    problems.push_back(fmt::format("it is not unpacked to {}", snapshotter));
  }
  TRY(check_blobs(client, documents->content.layers, blobs, problems));
  return problems;
}

}  // namespace flintctl::image
