// SPDX-License-Identifier: Apache-2.0
#include "image/inspect.hpp"

#include <memory>
#include <optional>

#include "cli/command.hpp"
#include "image/inspection.hpp"
#include "image/users.hpp"
#include "image/view.hpp"

namespace flintctl::cmd {
namespace {

data::Value to_value(const image::LayerInspection& layer) {
  auto value = data::Value::object({{"digest", layer.descriptor.digest.text()},
                                    {"mediaType", layer.descriptor.media_type},
                                    {"size", layer.descriptor.size},
                                    {"diffID", layer.diff_id.text()},
                                    {"chainID", layer.chain_id.text()},
                                    {"blobKept", layer.blob_kept}});
  if (layer.snapshot_bytes) {
    value.set("snapshotSize", *layer.snapshot_bytes);
    value.set("shared", layer.shared);
  }
  return value;
}

data::Value to_value(const image::Inspection& inspection, const image::CachedPaths& cached,
                     const std::vector<std::string>& vms) {
  const auto& image = inspection.image;
  data::Value layers = data::Value::array();
  for (const auto& layer : inspection.layers) layers.push(to_value(layer));
  data::Value users = data::Value::array();
  for (const auto& vm : vms) users.push(vm);
  const auto files = cached.find(image.snapshot());
  const auto boot_files = files == cached.end() ? std::set<std::string>() : files->second;
  return data::Value::object({{"name", image.name},
                              {"digest", image.target.digest.text()},
                              {"manifest", image.manifest.digest.text()},
                              {"config", image.content.config.digest.text()},
                              {"platform", image.config.platform.text()},
                              {"createdAt", rfc3339(image.created_at)},
                              {"size", image.size()},
                              {"unpacked", inspection.unpacked},
                              {"unpackedSize", inspection.unpacked_bytes()},
                              {"sharedSize", inspection.shared_bytes()},
                              {"snapshot", image.snapshot()},
                              {"bootFiles", list_of(boot_files)},
                              {"usedBy", std::move(users)},
                              {"layers", std::move(layers)}});
}

}  // namespace

Result<> image_inspect(Host& host, const ImageInspectOptions& options) {
  output::Format format = TRY(host.format());
  std::vector<oci::Reference> references;
  for (const auto& text : options.references) {
    references.push_back(TRY(oci::Reference::parse(text)));
  }
  const auto look = TRY(where_to_look(host, options.look));
  containerd::Client* containerd = TRY(host.containerd());
  const auto users = TRY(ImageUsers::read(*containerd));
  users.warn(host.streams());
  std::optional<Code> failure;
  data::Array items;
  for (const auto& reference : references) {
    const auto found = image::inspect(*containerd, look.snapshotter, look.platform, reference);
    if (!found) {
      if (references.size() == 1) return found.error();
      cli::tell(host.streams(), found.error());
      if (!failure) failure = found.error().code();
      continue;
    }
    if (format.kind == output::Kind::name) {
      host.streams().out << "image/" << found->image.name << std::endl;
    }
    items.push_back(to_value(*found, look.cached, users.of(found->image)));
  }
  // A table would not hold it.
  if (format.is_table()) format.kind = output::Kind::yaml;
  if (format.kind != output::Kind::name) {
    TRY(output::print_value(
        host.streams().out, format,
        references.size() == 1 ? std::move(items.front()) : output::list_value(std::move(items))));
  }
  return failure ? Result<>(cli::already_told(*failure)) : Result<>();
}

void add_image_inspect(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImageInspectOptions>();
  auto& inspect =
      image.add("inspect", "Show all about images: layers, sizes, and which VMs use them");
  inspect
      .details(
          "'size' is compressed, 'unpackedSize' what the image's snapshots take, 'sharedSize' the "
          "part of that which other images use too; on devmapper these are blocks of the thin "
          "pool. 'bootFiles' are its kernel and initrd in the kernel cache: of an image that is "
          "not "
          "'unpacked' all that is here.")
      .example("flintctl image inspect debian:12", "as YAML")
      .example("flintctl image inspect debian:12 -o jsonpath={.usedBy}", "the VMs made from it")
      .arguments("REF", options->references, 1, "Images, as docker writes them")
      .action([options, &host] { return image_inspect(host, *options); });
  add_look_flags(inspect, options->look);
}

}  // namespace flintctl::cmd
