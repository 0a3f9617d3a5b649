// SPDX-License-Identifier: Apache-2.0
#include "image/pull.hpp"

#include <memory>

#include "image/progress_view.hpp"
#include "image/secret_input.hpp"
#include "image/view.hpp"
#include "pool/guard.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {
Result<> image_pull(Host& host, const ImagePullOptions& options) {
  const output::Format format = TRY(host.format());
  std::vector<oci::Reference> references;
  for (const auto& text : options.references)
    references.push_back(TRY(oci::Reference::parse(text)));
  std::optional<oci::Credentials> credentials;
  if (options.credentials_on_stdin) credentials = TRY(read_credentials());
  TRY(sys::require_root("pulling an image"));
  TRY(guard_pool(host, options.overcommit ? Overcommit::allowed : Overcommit::refused));
  containerd::Client* containerd = TRY(host.containerd());

  std::vector<image::PullResult> results;
  for (const auto& reference : references) {
    auto settings = TRY(pull_options(host, options.flags, reference));
    if (credentials) {
      settings.registry.credentials =
          [&, others = settings.registry.credentials](const std::string& asking) {
            return asking == reference.host() ? Result(credentials) : others(asking);
          };
    }
    const auto progress = make_progress(progress_kind(options.flags.progress), host.streams());
    results.push_back(TRY(image::pull(*containerd, reference, settings, *progress)));
    if (const auto& warning = results.back().warning; !warning.empty()) {
      host.streams().err << "warning: " << warning << std::endl;
    }
    if (format.is_table() || format.kind == output::Kind::name) {
      print_pulled(host.streams().out, format.kind, results.back());
    }
  }
  if (format.is_table() || format.kind == output::Kind::name) return {};
  if (results.size() == 1) {
    return output::print_value(host.streams().out, format, to_value(results.front()));
  }
  data::Array items;
  for (const auto& result : results) items.push_back(to_value(result));
  return output::print_value(host.streams().out, format, output::list_value(std::move(items)));
}

void add_image_pull(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImagePullOptions>();
  auto& pull = image.add("pull", "Pull images from a registry and unpack them to snapshots");
  pull.details(
          "Layers are unpacked while they arrive and checked twice: as they come, and as the tar "
          "inside. A killed pull resumes where it was. When the registry's image is here already, "
          "nothing is fetched, and a registry that is down is only a warning.")
      .example("flintctl image pull debian:12", "docker.io/library/debian:12, for this machine")
      .example("flintctl image pull 127.0.0.1:5000/os:1", "from a registry on this machine")
      .example("flintctl image pull --creds-stdin registry.example/os:1 < secret",
               "with USER:PASSWORD from a file")
      .arguments("REF", options->references, 1, "Images, as docker writes them")
      .flag("--creds-stdin", options->credentials_on_stdin,
            "Read USER:PASSWORD from the first line of standard input")
      .flag("--overcommit", options->overcommit, overcommit_help)
      .action([options, &host] { return image_pull(host, *options); });
  add_pull_flags(pull, options->flags);
}

}  // namespace flintctl::cmd
