// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>

#include <string>
#include <vector>

#include "archive/unpack.hpp"
#include "support/archive/folder.hpp"
#include "support/archive/tar_builder.hpp"
#include "support/catch.hpp"
#include "sys/sha256.hpp"

namespace flintctl::archive {

inline constexpr const char* plain_type = "application/vnd.oci.image.layer.v1.tar";
inline constexpr const char* gzip_type = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr const char* zstd_type = "application/vnd.oci.image.layer.v1.tar+zstd";

/// A layer's file with its descriptor.
class LayerFile {
 public:
  LayerFile(const std::string& bytes, const std::string& tar, const std::string& media_type) {
    folder_.write("layer", bytes);
    fd_ = UniqueFd(::open(folder_.path("layer").c_str(), O_RDONLY | O_CLOEXEC));
    layer_ = {fd_.get(),
              bytes.size(),
              "sha256:" + sys::sha256_hex(bytes),
              "sha256:" + sys::sha256_hex(tar),
              media_type,
              {}};
  }
  explicit LayerFile(const std::string& tar) : LayerFile(tar, tar, plain_type) {}

  Layer& layer() { return layer_; }

 private:
  testing::Folder folder_;
  UniqueFd fd_;
  Layer layer_;
};

/// Applies whole layers to a folder.
inline Result<Summary> unpack_all(const testing::Folder& root, const std::vector<Layer>& layers) {
  Feed feed(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) feed.set_available(i, layers[i].size);
  return unpack(root.open(), layers, feed, {});
}

/// Applies one plain tar to a folder.
inline Result<Summary> apply_tar(const testing::Folder& root, const std::string& tar) {
  LayerFile file(tar);
  return unpack_all(root, {file.layer()});
}
inline Result<Summary> apply_tar(const testing::Folder& root, const testing::TarBuilder& tar) {
  return apply_tar(root, tar.finish());
}

inline void require_applied(const testing::Folder& root, const testing::TarBuilder& tar) {
  const auto result = apply_tar(root, tar);
  INFO((result ? std::string() : result.error().text()));
  REQUIRE(result);
}

inline Error refused(const testing::Folder& root, const std::string& tar) {
  auto result = apply_tar(root, tar);
  REQUIRE_FALSE(result);
  return std::move(result).error();
}
inline Error refused(const testing::Folder& root, const testing::TarBuilder& tar) {
  return refused(root, tar.finish());
}

}  // namespace flintctl::archive
