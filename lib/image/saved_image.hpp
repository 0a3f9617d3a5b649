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

/// In an OCI layout's index.json, beside an entry that is a manifest: the digest of the index by
/// which a registry names the image. That index is among the blobs, but most of what it lists is
/// not, which other tools could not read.
inline constexpr const char* index_annotation = "flintctl.dev/index";

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

/// The files of a file system as an image of one layer without a name: of its tar, or of the ext2,
/// ext3 or ext4 file system itself, compressed or not. `fd`: a regular file at its beginning.
/// Nothing is mounted; what an ext4 file takes on the way lies in unnamed files in `spool`.
/// invalid_argument when it holds no files. See archive::tar_of_ext4(), also for errors.
Result<SavedImage> image_of_file_system(UniqueFd fd, const oci::Platform& platform,
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
