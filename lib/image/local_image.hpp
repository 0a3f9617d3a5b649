// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/documents.hpp"
#include "oci/manifest.hpp"
#include "oci/reference.hpp"

namespace flintctl::image {

/// An image in containerd, as far as its file system goes.
struct LocalImage {
  std::string name;          ///< in containerd: the whole reference
  oci::Descriptor target;    ///< index or manifest
  oci::Descriptor manifest;  ///< of the platform
  oci::Manifest content;
  oci::ImageConfig config;
  std::vector<oci::Digest> chain;  ///< chain IDs, lowest first
  containerd::Time created_at;     ///< of the image's record

  /// The committed snapshot to prepare from: the top chain ID.
  [[nodiscard]] std::string snapshot() const { return chain.back().text(); }
  /// Compressed: manifest, config and layers, in bytes.
  [[nodiscard]] std::uint64_t size() const;
};

/// The image of that name for `platform`, from containerd's records alone; nothing when the record,
/// its manifest or its config is missing or is for other platforms only.
Result<std::optional<LocalImage>> find_local(containerd::Client& client, const std::string& name,
                                             const PlatformChoice& platform);

/// The image behind a record.
Result<std::optional<LocalImage>> read_local(containerd::Client& client,
                                             const containerd::Image& record,
                                             const PlatformChoice& platform);

/// The same, but not_found says whether there is no such image or only not all of it.
Result<LocalImage> require_local(containerd::Client& client, const oci::Reference& reference,
                                 const PlatformChoice& choice);

/// What every command says of an image that containerd has no record of.
Error no_such_image(const oci::Reference& reference);

/// Whether the image's snapshot is there, and kept from being collected by this image: another one
/// of the same layers may be removed.
Result<bool> is_unpacked(containerd::Client& client, const std::string& snapshotter,
                         const LocalImage& image);

/// One line of a list of images.
struct ImageSummary {
  containerd::Image record;
  std::optional<LocalImage> image;  ///< absent: for other platforms, or incomplete
  /// Bytes of its snapshots, when it is unpacked; on devmapper: blocks of the thin pool.
  std::optional<std::uint64_t> unpacked_size;
  std::uint64_t shared_size = 0;  ///< the part of that which other images of the list use too
};
Result<std::vector<ImageSummary>> list(containerd::Client& client, const std::string& snapshotter,
                                       const PlatformChoice& platform);

/// Removes the record of an image; what only it held is collected before this returns, and what a
/// VM uses stays. not_found when there is no such image.
Result<> remove(containerd::Client& client, const oci::Reference& reference);

}  // namespace flintctl::image
