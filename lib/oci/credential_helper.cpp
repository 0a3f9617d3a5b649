// SPDX-License-Identifier: Apache-2.0
#include "oci/credential_helper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/text.hpp"
#include "data/value.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace flintctl::oci {
namespace {

constexpr std::size_t max_output = 1U << 20U;
constexpr std::string_view none_found = "credentials not found in native keychain";
constexpr std::string_view token_user = "<token>";

bool is_program_suffix(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
         });
}

std::string first_line(const std::string& text) {
  return printable(text.substr(0, text.find('\n')));
}

}  // namespace

Result<CredentialHelper> CredentialHelper::find(const std::string& name) {
  if (!is_program_suffix(name)) {
    return Error(Code::invalid_argument, "the name of the credential helper is no plain word");
  }
  const std::string program = "docker-credential-" + name;
  auto path = sys::find_program(program);
  if (!path) {
    return std::move(path.error())
        .context(fmt::format("the credential helper '{}' is configured", name))
        .with_code(Code::registry)
        .with_hint(fmt::format("install {}, or name another auth file by --authfile", program));
  }
  return CredentialHelper(name, *std::move(path));
}

/// What it prints; nothing when it says that it has none.
Result<std::optional<std::string>> CredentialHelper::call(const std::string& verb,
                                                          const std::string& input) const {
  sys::RunOptions options;
  options.environment = sys::own_environment();
  options.timeout = patience;
  options.output_limit = max_output;
  auto ran = sys::run({program_, verb}, input, options);
  if (!ran && ran.error().code() == Code::deadline_exceeded) {
    // Not a failure to try again: it waits for a person.
    return std::move(ran.error())
        .with_code(Code::registry)
        .with_hint(
            "does it wait for a passphrase? unlock it first, or name another auth file by "
            "--authfile");
  }
  auto output = TRY(std::move(ran));
  if (output.status.ok()) return std::optional(std::move(output.out));
  if (output.out.find(none_found) != std::string::npos ||
      output.err.find(none_found) != std::string::npos) {
    return std::optional<std::string>();
  }
  // Its answer to "get" may hold the secret even when it fails: only stderr is quoted then.
  std::string words = first_line(output.err);
  if (words.empty() && verb != "get") words = first_line(output.out);
  return Error(Code::registry,
               fmt::format("the credential helper '{}' cannot {}: {}{}", name_, verb,
                           output.status.text(), words.empty() ? "" : ": " + words));
}

Result<std::optional<Credentials>> CredentialHelper::get(const std::string& server) const {
  const auto answer = TRY(call("get", server));
  if (!answer) return std::optional<Credentials>();
  const auto document = data::parse_json(*answer);
  // The parser's message would quote the answer.
  if (!document || !document->is_object()) {
    return Error(Code::registry,
                 fmt::format("the credential helper '{}' answers no JSON object", name_));
  }
  Credentials credentials{document->string_or("Username"), document->string_or("Secret"), {}};
  if (credentials.secret.empty()) return std::optional<Credentials>();
  if (credentials.username == token_user) credentials.username.clear();
  return std::optional(std::move(credentials));
}

Result<> CredentialHelper::store(const std::string& server, const Credentials& credentials) const {
  const auto document = data::Value::object(
      {{"ServerURL", server},
       {"Username", credentials.username.empty() ? std::string(token_user) : credentials.username},
       {"Secret", credentials.secret}});
  TRY(call("store", data::to_json(document)));
  return {};
}

Result<bool> CredentialHelper::erase(const std::string& server) const {
  // One that cannot tell what it has may still be able to forget it.
  const auto held = get(server);
  if (held && !*held) return false;
  return TRY(call("erase", server)).has_value();
}

}  // namespace flintctl::oci
