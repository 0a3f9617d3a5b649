// SPDX-License-Identifier: Apache-2.0
#include "image/remove.hpp"

#include <memory>

#include "image/local_image.hpp"
#include "outcome.hpp"

namespace flintctl::cmd {

Result<> image_remove(Host& host, const ImageRemoveOptions& options) {
  TRY(host.format());
  std::vector<Subject> images;
  for (const auto& text : options.references) {
    images.push_back({TRY(oci::Reference::parse(text)).name()});
  }
  containerd::Client* containerd = TRY(host.containerd());
  const auto remove = [&](const Subject& image) -> Result<bool> {
    auto removed = image::remove(*containerd, TRY(oci::Reference::parse(image.name)));
    if (removed) return true;
    if (removed.error().code() == Code::not_found && options.ignore_not_found) return false;
    return std::move(removed).error();
  };
  return change_each(host, images, {image_kind, "removed", remove});
}

void add_image_remove(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImageRemoveOptions>();
  image.add("remove", "Remove images, and the snapshots that nothing else uses")
      .alias("rm")
      .alias("rmi")
      .alias("delete")
      .details("VMs that were made from an image keep what they need of it.")
      .example("flintctl image remove debian:12", "its snapshots go when no VM uses them")
      .arguments("REF", options->references, 1, "Images, as docker writes them")
      .flag("--ignore-not-found", options->ignore_not_found, "Fine when an image is absent")
      .action([options, &host] { return image_remove(host, *options); });
}

}  // namespace flintctl::cmd
