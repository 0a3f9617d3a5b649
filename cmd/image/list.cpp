// SPDX-License-Identifier: Apache-2.0
#include "image/list.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "core/text.hpp"
#include "image/users.hpp"
#include "image/view.hpp"

namespace flintctl::cmd {

namespace {

/// Names need nothing but the records.
Result<> print_names(std::ostream& out, containerd::Client& client, std::string_view prefix) {
  std::vector<std::string> names;
  for (const auto& record : TRY(client.image_list())) names.push_back(record.name);
  std::sort(names.begin(), names.end());
  for (const auto& name : names) out << prefix << printable(name, 4096) << '\n';
  return {};
}

/// Who uses an image is in the VMs' records: they are read where it is shown.
Result<std::vector<ListedImage>> listed(containerd::Client& client, const Look& look,
                                        const output::Format& format, output::Streams& streams) {
  std::optional<ImageUsers> users;
  if (format.kind != output::Kind::table) {
    users = TRY(ImageUsers::read(client));
    users->warn(streams);
  }
  std::vector<ListedImage> images;
  for (auto& summary : TRY(image::list(client, look.snapshotter, look.platform))) {
    ListedImage image{std::move(summary), {}};
    const auto& local = image.summary.image;
    if (users && local) image.used_by = users->of(*local);
    const auto cached = local ? look.cached.find(local->snapshot()) : look.cached.end();
    if (cached != look.cached.end()) image.boot_files = cached->second;
    images.push_back(std::move(image));
  }
  std::sort(images.begin(), images.end(), [](const auto& a, const auto& b) {
    return a.summary.record.name < b.summary.record.name;
  });
  return images;
}

}  // namespace

Result<> image_list(Host& host, const ImageListOptions& options) {
  const output::Format format = TRY(host.format());
  const auto look = TRY(where_to_look(host, options.look));
  containerd::Client* containerd = TRY(host.containerd());
  output::Streams& streams = host.streams();
  if (format.kind == output::Kind::name) return print_names(streams.out, *containerd, "image/");
  if (streams.quiet && format.is_table()) return print_names(streams.out, *containerd, "");

  const auto images = TRY(listed(*containerd, look, format, streams));
  if (!format.is_table()) {
    data::Array items;
    for (const auto& image : images) items.push_back(to_value(image, look.snapshotter));
    return output::print_value(streams.out, format, output::list_value(std::move(items)));
  }
  if (images.empty()) {
    streams.err << "No images in containerd's namespace '" << containerd->namespace_name()
                << "'.\n";
    return {};
  }
  const auto titles =
      host.options().no_headers ? output::Table::Titles::hide : output::Table::Titles::show;
  print_images(streams.out, format.kind, titles, images, std::chrono::system_clock::now());
  return {};
}

void add_image_list(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImageListOptions>();
  auto& list = image.add("list", "List the images that are here");
  list.alias("ls")
      .details(
          "SIZE is what the registry holds, compressed; UNPACKED what its snapshots take, SHARED "
          "the part of that which other images use too. On devmapper these are blocks of the thin "
          "pool. UNPACKED is 'boot-files' where 'vm create' took kernel and initrd out of an image "
          "to the kernel cache without unpacking it to snapshots.")
      .example("flintctl image list -o wide", "with shares, snapshots, and the VMs that use them")
      .example("flintctl image list -o jsonpath='{.items[*].usedBy}'", "only these VMs")
      .action([options, &host] { return image_list(host, *options); });
  add_look_flags(list, options->look);
}

}  // namespace flintctl::cmd
