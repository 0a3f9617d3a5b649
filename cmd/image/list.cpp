// SPDX-License-Identifier: Apache-2.0
#include "image/list.hpp"

#include <algorithm>
#include <memory>

#include "image/view.hpp"
#include "oci/platform.hpp"

namespace flintctl::cmd {

Result<> image_list(Host& host, const ImageListOptions& options) {
  const output::Format format = TRY(host.format());
  auto platform = oci::host_platform();
  if (!options.platform.empty()) platform = TRY(oci::parse_platform(options.platform));
  const auto& configured = TRY(host.config())->snapshotter;
  containerd::Client* containerd = TRY(host.containerd());
  auto images = TRY(image::list(
      *containerd, options.snapshotter.empty() ? configured : options.snapshotter, platform));
  std::sort(images.begin(), images.end(),
            [](const auto& a, const auto& b) { return a.record.name < b.record.name; });

  output::Streams& streams = host.streams();
  if (format.kind == output::Kind::name || (streams.quiet && format.is_table())) {
    const char* const prefix = format.kind == output::Kind::name ? "image/" : "";
    for (const auto& image : images) streams.out << prefix << image.record.name << '\n';
    return {};
  }
  if (!format.is_table()) {
    data::Array items;
    for (const auto& image : images) items.push_back(to_value(image));
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
  image.add("list", "List the images that are here")
      .alias("ls")
      .details(
          "SIZE is what the registry holds, compressed; UNPACKED what its snapshots take, "
          "shared ones included.")
      .example("flintctl image list -o wide", "with platform, layers and snapshot")
      .option("--snapshotter", options->snapshotter,
              "containerd's snapshotter to look in (devmapper unless configured)", "NAME")
      .option("--platform", options->platform, "Platform to look for (this machine's)",
              "OS/ARCH[/VARIANT]")
      .action([options, &host] { return image_list(host, *options); });
}

}  // namespace flintctl::cmd
