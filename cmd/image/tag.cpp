// SPDX-License-Identifier: Apache-2.0
#include "image/tag.hpp"

#include <fmt/format.h>

#include <memory>

#include "image/local_image.hpp"
#include "oci/reference.hpp"
#include "outcome.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {

Result<> image_tag(Host& host, const ImageTagOptions& options) {
  TRY(host.format());
  const auto source = TRY(oci::Reference::parse(options.source));
  const auto target = TRY(oci::Reference::parse(options.target));
  if (target.digest()) {
    return Error(Code::invalid_argument, "an image is named by its content already: its digest")
        .with_hint("name a tag: " + target.host() + "/" + target.repository() + ":TAG");
  }
  TRY(sys::require_root("naming an image"));
  containerd::Client* containerd = TRY(host.containerd());
  auto record = containerd->image_get(source.name());
  if (!record && record.error().code() == Code::not_found) return image::no_such_image(source);
  containerd::Image image = TRY(std::move(record));
  const auto existing = containerd->image_get(target.name());
  const bool same = existing && existing->target.digest == image.target.digest;
  image.name = target.name();
  if (!same) TRY(containerd->image_put(image).context(fmt::format("naming '{}'", image.name)));
  return print_outcome(host, image_kind, {image.name}, same ? "unchanged" : "tagged");
}

void add_image_tag(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImageTagOptions>();
  image.add("tag", "Give an image another name")
      .details(
          "The content is held by each of its names. A name that another image has changes "
          "over to this one.")
      .example("flintctl image tag registry.example/os:1 local/os:stable", "a second name")
      .argument("SOURCE", options->source, "The image, as docker writes it")
      .argument("TARGET", options->target, "Its other name")
      .action([options, &host] { return image_tag(host, *options); });
}

}  // namespace flintctl::cmd
