// SPDX-License-Identifier: Apache-2.0
#include "oci/credentials.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "data/value.hpp"
#include "sys/file.hpp"

namespace flintctl::oci {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// docker and others write the key in several ways.
std::vector<std::string> keys_of(std::string_view host) {
  const std::string name(host);
  if (name == "docker.io") {
    return {"https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"};
  }
  return {name,          "https://" + name,         "http://" + name,
          name + "/",    "https://" + name + "/",   "https://" + name + "/v1/",
          name + "/v2/", "https://" + name + "/v2/"};
}

Result<Credentials> parse_auth(const data::Value& entry) {
  Credentials credentials;
  credentials.username = entry.string_or("username");
  credentials.secret = entry.string_or("password");
  credentials.registry_token = entry.string_or("registrytoken");
  if (const std::string auth = entry.string_or("auth"); !auth.empty()) {
    std::string pair = TRY(base64_decode(auth));
    while (!pair.empty() && pair.back() == '\0') pair.pop_back();
    const auto colon = pair.find(':');
    if (colon == std::string::npos) {
      return Error(Code::invalid_argument, "an auth entry is no base64 of user:password");
    }
    credentials.username = pair.substr(0, colon);
    credentials.secret = pair.substr(colon + 1);
  }
  if (const std::string token = entry.string_or("identitytoken"); !token.empty()) {
    credentials.username.clear();
    credentials.secret = token;
  }
  return credentials;
}

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

Result<std::optional<Credentials>> find_credentials(std::string_view config_json,
                                                    std::string_view host) {
  const auto document = TRY(data::parse_json(config_json));
  const auto keys = keys_of(host);
  if (const auto* auths = document.find("auths"); auths != nullptr) {
    for (const auto& key : keys) {
      const auto* entry = auths->find(key);
      if (entry == nullptr) continue;
      const Credentials credentials = TRY(parse_auth(*entry));
      if (!credentials.secret.empty() || !credentials.registry_token.empty())
        return std::optional(credentials);
    }
  }
  return std::optional<Credentials>();
}

Result<std::optional<Credentials>> load_credentials(const std::string& auth_file,
                                                    std::string_view host) {
  std::string path = auth_file;
  if (path.empty()) path = from_environment("REGISTRY_AUTH_FILE");
  const bool named = !path.empty();
  if (path.empty()) {
    std::string folder = from_environment("DOCKER_CONFIG");
    if (folder.empty()) folder = from_environment("HOME") + "/.docker";
    path = folder + "/config.json";
  }
  if (!named && !sys::exists(path)) return std::optional<Credentials>();
  const std::string what = fmt::format("reading credentials from {}", path);
  const std::string text = TRY(sys::read_file(path).context(what));
  return find_credentials(text, host).context(what);
}

std::string base64_encode(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= count ? alphabet[group >> (18U - 6U * k) & 63U] : '=';
    }
  }
  return text;
}

Result<std::string> base64_decode(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) return Error(Code::invalid_argument, "bad base64");
    bits = (bits << 6U | static_cast<std::uint32_t>(digit)) & 0xffffU;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xffU);
  }
  if (held >= 6) return Error(Code::invalid_argument, "bad base64");
  return bytes;
}

}  // namespace flintctl::oci
