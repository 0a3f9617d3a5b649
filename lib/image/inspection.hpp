// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/documents.hpp"
#include "image/kernel_cache.hpp"
#include "image/local_image.hpp"

namespace flintctl::image {

/// What is here of one layer.
struct LayerInspection {
  oci::Descriptor descriptor;
  oci::Digest diff_id;
  oci::Digest chain_id;
  /// Bytes of the snapshot that ends with this layer; absent where none does, because it was merged
  /// with the next. On devmapper: blocks of the thin pool.
  std::optional<std::uint64_t> snapshot_bytes;
  bool shared = false;     ///< other images use the snapshot, too
  bool blob_kept = false;  ///< for an export
};

struct Inspection {
  LocalImage image;
  std::vector<LayerInspection> layers;  ///< lowest first
  bool unpacked = false;
  [[nodiscard]] std::uint64_t unpacked_bytes() const;
  [[nodiscard]] std::uint64_t shared_bytes() const;
};

/// not_found when there is no such image for `platform`.
Result<Inspection> inspect(containerd::Client& client, const std::string& snapshotter,
                           const PlatformChoice& platform, const oci::Reference& reference);

/// What was found wrong with blobs of layers, by digest; empty text: nothing. Several images have
/// the same, and reading them takes a while.
using BlobVerdicts = std::map<std::string, std::string>;

/// What is wrong with an image, each in a few words: documents that are missing or are not what
/// their digests say, kept blobs of layers that are not either, a snapshot that is not there,
/// unless files of it are among the `cached`.
Result<std::vector<std::string>> check(containerd::Client& client, const std::string& snapshotter,
                                       const PlatformChoice& platform, const CachedPaths& cached,
                                       const containerd::Image& record, BlobVerdicts& blobs);

}  // namespace flintctl::image
