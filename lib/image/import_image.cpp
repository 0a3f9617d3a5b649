// SPDX-License-Identifier: Apache-2.0
#include "image/import_image.hpp"

#include <fmt/format.h>

#include <optional>

#include "image/layer_blobs.hpp"
#include "sys/host.hpp"

namespace flintctl::image {
namespace {

/// The image, when it is here with all that is asked for.
Result<std::optional<LocalImage>> present(containerd::Client& client,
                                          const oci::Reference& reference, const SavedImage& saved,
                                          const InstallOptions& options) {
  auto image = TRY(find_local(client, reference.name(), options.platform));
  if (!image || image->target.digest != saved.documents.target().digest ||
      !TRY(is_unpacked(client, options.snapshotter, *image))) {
    return std::optional<LocalImage>();
  }
  if (options.blobs == LayerBlobs::kept && !TRY(keeps_blobs(client, *image))) {
    return std::optional<LocalImage>();
  }
  return image;
}

Result<ImportResult> import_checked(containerd::Client& client, const oci::Reference& reference,
                                    const SavedImage& saved, const InstallOptions& options,
                                    Progress& progress) {
  progress.resolved(reference.name(), saved.documents.target().digest);
  const auto held = TRY(lock_image(client, saved.documents, options, progress));
  if (auto image = TRY(present(client, reference, saved, options))) {
    return ImportResult{*std::move(image), InstallOutcome::unchanged};
  }
  const OpenLayers open = [&](std::size_t) -> Result<std::unique_ptr<LayerSource>> {
    return std::unique_ptr<LayerSource>(std::make_unique<SavedLayers>(saved));
  };
  TRY(install({client, reference, Origin::local, saved.documents, options, progress}, open));
  auto image = TRY(find_local(client, reference.name(), options.platform));
  if (!image) return Error(Code::aborted, "the image was removed right after it was imported");
  return ImportResult{*std::move(image), InstallOutcome::installed};
}

}  // namespace

Result<ImportResult> import(containerd::Client& client, const oci::Reference& reference,
                            const SavedImage& saved, const InstallOptions& options,
                            Progress& progress) {
  const auto what = fmt::format("importing image '{}'", reference.name());
  TRY(sys::require_root(what));
  const auto& target = saved.documents.target().digest;
  if (reference.digest() && *reference.digest() != target) {
    return Error(Code::invalid_argument, fmt::format("what is to be called '{}' has the digest {}",
                                                     reference.name(), target.text()))
        .with_hint("name it by a tag: flintctl image import FILE registry.example/os:1");
  }
  return import_checked(client, reference, saved, options, progress).context(what);
}

}  // namespace flintctl::image
