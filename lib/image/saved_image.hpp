// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "archive/job.hpp"
#include "core/result.hpp"
#include "image/documents.hpp"
#include "image/layer_source.hpp"
#include "image/local_files.hpp"
#include "oci/platform.hpp"

namespace flintctl::image {

/// An image in files of this host: its documents, its layers, and what it calls itself.
struct SavedImage {
  std::vector<std::string> names;  ///< as written; none when only the user knows one
  Documents documents;
  std::vector<UniqueFd> layers;  ///< lowest first
};

/// The images of an OCI layout ("index.json") or of `docker save` ("manifest.json"), for one
/// platform. Digests of documents are checked; those of layers are what unpacking checks.
/// resource_exhausted for a layer beyond `limits`. OCI image specification, image-layout.md.
Result<std::vector<SavedImage>> read_saved_images(const LocalFiles& files,
                                                  const oci::Platform& platform,
                                                  const archive::Limits& limits);

/// A file system's tar, compressed or not, as an image of one layer without a name. Reads `fd`, a
/// regular file, to its end.
Result<SavedImage> image_of_rootfs(UniqueFd fd, const oci::Platform& platform,
                                   const archive::Limits& limits);

/// The files of an ext2, ext3 or ext4 file system in a regular file, as an image of one layer
/// without a name. Nothing is mounted; an unnamed file in `spool` holds the layer's tar. See
/// archive::tar_of_ext4(), also for errors.
Result<SavedImage> image_of_ext4(const UniqueFd& fd, const oci::Platform& platform,
                                 const archive::Limits& limits, const std::string& spool);

/// Layers that are all there.
class SavedLayers final : public LayerSource {
 public:
  /// `image` must outlive this.
  explicit SavedLayers(const SavedImage& image) : image_(image) {}

  [[nodiscard]] int file(std::size_t layer) const override { return image_.layers[layer].get(); }
  void listen(ArrivalListener listener) override;
  void stop_listening() override {}
  [[nodiscard]] std::optional<Error> error() const override { return std::nullopt; }
  void discard(std::size_t) override {}

 private:
  const SavedImage& image_;
};

}  // namespace flintctl::image
