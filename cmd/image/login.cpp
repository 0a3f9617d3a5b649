// SPDX-License-Identifier: Apache-2.0
#include "image/login.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "image/secret_input.hpp"
#include "oci/auth_file.hpp"
#include "oci/reference.hpp"
#include "oci/registry.hpp"
#include "outcome.hpp"

namespace flintctl::cmd {
namespace {

Result<oci::Credentials> read_login(const ImageLoginOptions& options, const std::string& registry) {
  if (options.username.empty()) {
    return Error(Code::invalid_argument, "--username is required")
        .with_hint("registries that only know tokens say in their manual which name goes with one");
  }
  if (options.username.find(':') != std::string::npos) {
    return Error(Code::invalid_argument, "--username wants a name without a colon");
  }
  if (!options.password_on_stdin && ::isatty(STDIN_FILENO) == 0) {
    return Error(Code::invalid_argument, "there is no terminal to ask for the password")
        .with_hint("give it on standard input, with --password-stdin");
  }
  const auto prompt = fmt::format("Password of {} at {}: ", options.username, registry);
  auto secret = TRY(read_secret_line(prompt));
  if (secret.empty()) return Error(Code::invalid_argument, "the password is empty");
  return oci::Credentials{options.username, std::move(secret), ""};
}

}  // namespace

Result<std::string> parse_registry(const std::string& given) {
  // "/v1/" is how docker itself writes its hub.
  if (given == "https://index.docker.io/v1/") return std::string("docker.io");
  std::string text = given;
  if (text.starts_with("https://")) text.erase(0, text.find("//") + 2);
  if (text.ends_with('/')) text.pop_back();
  constexpr std::string_view repository = "repository";
  const auto reference = oci::Reference::parse(fmt::format("{}/{}", text, repository));
  if (reference && reference->repository() == repository) return reference->host();
  if (text == "docker.io" || text == "index.docker.io") return std::string("docker.io");
  return Error(Code::invalid_argument, fmt::format("'{}' is no registry", text))
      .with_hint("write HOST[:PORT] with a dot or a port, for example registry.example");
}

Result<> image_login(Host& host, const ImageLoginOptions& options) {
  TRY(host.format());
  const auto registry = TRY(parse_registry(options.registry));
  const auto credentials = TRY(read_login(options, registry));
  auto settings = TRY(registry_options(options.flags));
  settings.credentials = [&](const std::string&) { return Result(std::optional(credentials)); };
  const auto what = fmt::format("logging in to {}", registry);
  const auto login = TRY(oci::check_login(registry, settings).context(what));
  const auto kept =
      TRY(oci::store_credentials(options.flags.auth_file, registry, credentials).context(what));

  auto& streams = host.streams();
  if (login == oci::Login::not_asked && !streams.quiet) {
    streams.err << registry << " asks for no credentials: nobody knows whether these are good\n";
  }
  if (!streams.quiet) {
    streams.err << "Credentials are kept " << (kept.starts_with('/') ? "unencrypted in " : "by ")
                << kept << '\n';
  }
  return print_outcome(host, registry_kind, {registry}, "logged in");
}

void add_image_login(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImageLoginOptions>();
  auto& login = image.add("login", "Log in to a registry");
  login
      .details(
          "The registry must take the credentials before they are kept. They are kept where docker "
          "keeps them: by the credential helper that its config.json names, else in that file.")
      .example("flintctl image login registry.example --username me", "and be asked")
      .example("flintctl image login docker.io --username me --password-stdin < secret",
               "with the password or token in a file")
      .argument("REGISTRY", options->registry, "HOST[:PORT], or docker.io")
      .option("-u,--username", options->username, "Who you are to the registry", "NAME")
      .flag("--password-stdin", options->password_on_stdin,
            "Read the password or token from the first line of standard input")
      .action([options, &host] { return image_login(host, *options); });
  add_registry_flags(login, options->flags);
}

}  // namespace flintctl::cmd
