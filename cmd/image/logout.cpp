// SPDX-License-Identifier: Apache-2.0
#include "image/logout.hpp"

#include <memory>

#include "image/login.hpp"
#include "oci/auth_file.hpp"
#include "outcome.hpp"

namespace flintctl::cmd {

Result<> image_logout(Host& host, const ImageLogoutOptions& options) {
  TRY(host.format());
  const auto registry = TRY(parse_registry(options.registry));
  const bool erased = TRY(
      oci::erase_credentials(options.auth_file, registry).context("logging out of " + registry));
  return print_outcome(host, registry_kind, {registry}, erased ? "logged out" : "unchanged");
}

void add_image_logout(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImageLogoutOptions>();
  image.add("logout", "Forget a registry's credentials")
      .example("flintctl image logout registry.example", "here; the registry is not told")
      .argument("REGISTRY", options->registry, "HOST[:PORT], or docker.io")
      .option("--authfile", options->auth_file,
              "Where they are, as docker's config.json (docker's own unless given)", "FILE")
      .action([options, &host] { return image_logout(host, *options); });
}

}  // namespace flintctl::cmd
