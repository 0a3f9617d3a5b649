// SPDX-License-Identifier: Apache-2.0
#include "image/pull.hpp"

#include <memory>
#include <optional>

#include "cli/command.hpp"
#include "core/in_parallel.hpp"
#include "core/text.hpp"
#include "image/progress_view.hpp"
#include "image/view.hpp"
#include "pool/guard.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {
namespace {

using Pulled = std::optional<Result<image::PullResult>>;

constexpr std::size_t at_once = 4;

/// Pulls all images, several at once, with one display for them; each has its result. What is
/// pulled when one fails still is.
std::vector<Pulled> pull_all(containerd::Client& client,
                             const std::vector<oci::Reference>& references,
                             const std::vector<image::PullOptions>& settings,
                             image::ProgressDisplay& display) {
  std::vector<Pulled> results(references.size());
  in_parallel(references.size(), at_once, [&](std::size_t i) {
    const auto progress = display.of(i);
    results[i] = image::pull(client, references[i], settings[i], *progress);
  });
  return results;
}

Result<std::vector<image::PullOptions>> settings_of(Host& host, const ImagePullOptions& options,
                                                    const std::vector<oci::Reference>& references) {
  PullFlags flags = options.flags;
  TRY(read_given_credentials(flags, references));
  std::vector<image::PullOptions> all;
  all.reserve(references.size());
  for (const auto& reference : references) {
    all.push_back(TRY(pull_options(host, flags, reference)));
  }
  return all;
}

}  // namespace

Result<> image_pull(Host& host, const ImagePullOptions& options) {
  const output::Format format = TRY(host.format());
  std::vector<oci::Reference> references;
  std::vector<std::string> names;
  for (const auto& text : options.references) {
    references.push_back(TRY(oci::Reference::parse(text)));
    names.push_back(references.back().name());
  }
  const auto settings = TRY(settings_of(host, options, references));
  TRY(sys::require_root("pulling an image"));
  TRY(guard_pool(host, options.overcommit ? Overcommit::allowed : Overcommit::refused));
  containerd::Client* containerd = TRY(host.containerd());
  auto display = make_display(progress_kind(options.flags.progress), host.streams(), names);
  auto results = pull_all(*containerd, references, settings, *display);
  display.reset();  // nothing is drawn over what follows

  const bool lines = format.is_table() || format.kind == output::Kind::name;
  data::Array items;
  std::optional<Code> failure;
  for (auto& pulled : results) {
    if (!*pulled) {
      if (results.size() == 1) return pulled->error();
      cli::tell(host.streams(), pulled->error());
      if (!failure) failure = pulled->error().code();
      continue;
    }
    const image::PullResult& result = **pulled;
    if (!result.warning.empty()) {
      host.streams().err << "warning: " << printable(result.warning, 4096) << std::endl;
    }
    if (lines) print_pulled(host.streams().out, format.kind, result);
    items.push_back(to_value(result));
  }
  if (!lines) {
    TRY(output::print_value(
        host.streams().out, format,
        results.size() == 1 ? std::move(items.front()) : output::list_value(std::move(items))));
  }
  return failure ? Result<>(cli::already_told(*failure)) : Result<>();
}

void add_image_pull(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImagePullOptions>();
  auto& pull = image.add("pull", "Pull images from a registry and unpack them to snapshots");
  pull.details(
          "Layers are unpacked while they arrive and checked twice: as they come, and as the tar "
          "inside. A killed pull resumes where it was. When the registry's image is here already, "
          "nothing is fetched, and a registry that is down is only a warning. With -o json it says "
          "what the time went into, in seconds, much of it at once.")
      .example("flintctl image pull debian:12", "docker.io/library/debian:12, for this machine")
      .example("flintctl image pull 127.0.0.1:5000/os:1", "from a registry on this machine")
      .example("flintctl image pull --creds-stdin registry.example/os:1 < secret",
               "with USER:PASSWORD from a file")
      .arguments("REF", options->references, 1, "Images, as docker writes them")
      .flag("--overcommit", options->overcommit, overcommit_help)
      .action([options, &host] { return image_pull(host, *options); });
  add_pull_flags(pull, options->flags);
}

}  // namespace flintctl::cmd
