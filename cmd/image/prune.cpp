// SPDX-License-Identifier: Apache-2.0
#include "image/prune.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/units.hpp"
#include "image/local_image.hpp"
#include "image/settings.hpp"
#include "image/users.hpp"
#include "outcome.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::cmd {
namespace {

bool old_enough(const containerd::Image& record, const ImagePruneOptions& options) {
  const auto since = std::max(record.created_at, record.updated_at);
  return std::chrono::system_clock::now() - since >= options.older_than;
}

/// Images that no VM uses, by name.
Result<std::vector<image::LocalImage>> unused(containerd::Client& client,
                                              const ImagePruneOptions& options,
                                              const image::PlatformChoice& platform) {
  const auto users = TRY(ImageUsers::read(client));
  if (users.unread()) return *users.unread();
  std::vector<image::LocalImage> images;
  for (const auto& record : TRY(client.image_list())) {
    if (!old_enough(record, options)) continue;
    auto image = TRY(image::find_local(client, record.name, platform));
    if (image && users.of(*image).empty()) images.push_back(*std::move(image));
  }
  std::sort(images.begin(), images.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return images;
}

}  // namespace

Result<> image_prune(Host& host, const ImagePruneOptions& options) {
  TRY(host.format());
  const auto platform = TRY(platform_to_look_for(options.platform));
  if (!options.dry_run) TRY(sys::require_root("removing images"));
  containerd::Client* containerd = TRY(host.containerd());
  std::vector<Subject> subjects;
  for (const auto& image : TRY(unused(*containerd, options, platform))) {
    subjects.push_back({image.name});
  }
  const auto remove = [&](const Subject& image) -> Result<bool> {
    TRY(sys::check_interrupt());
    if (options.dry_run) return true;
    auto removed = containerd->image_delete(image.name);
    if (!removed && removed.error().code() == Code::not_found) return false;
    TRY(std::move(removed));
    return true;
  };
  if (subjects.empty() && !host.streams().quiet) host.streams().err << "No image is unused.\n";
  const char* const done = options.dry_run ? "would be removed" : "removed";
  return change_each(host, subjects, {image_kind, done, remove, Changes::Form::list});
}

void add_image_prune(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImagePruneOptions>();
  image.add("prune", "Remove the images that no VM was made from")
      .details("What a VM needs stays, whatever becomes of the image's name.")
      .example("flintctl image prune --dry-run", "what would go")
      .example("flintctl image prune --older-than 30d", "what was pulled 30 days ago or earlier")
      .duration_option("--older-than", options->older_than,
                       "Only images that were pulled or named so long ago")
      .option("--platform", options->platform, platform_help, "OS/ARCH[/VARIANT]")
      .flag("--dry-run", options->dry_run, "Say what would be removed, and remove nothing")
      .action([options, &host] { return image_prune(host, *options); });
}

}  // namespace flintctl::cmd
