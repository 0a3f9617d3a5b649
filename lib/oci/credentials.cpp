// SPDX-License-Identifier: Apache-2.0
#include "oci/credentials.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "data/value.hpp"

namespace flintctl::oci {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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

/// The host's keys, after those of the repository from its whole path upwards.
std::vector<std::string> keys_of(std::string_view host, std::string_view repository) {
  std::vector<std::string> keys;
  for (std::string_view path = repository; !path.empty();) {
    keys.push_back(fmt::format("{}/{}", host, path));
    const auto slash = path.rfind('/');
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  for (auto& key : auth_keys(host)) keys.push_back(std::move(key));
  return keys;
}

/// The first of `keys` that names a helper of its own, else the store of all.
void find_helper(const data::Value& document, const std::vector<std::string>& keys,
                 AuthEntry& entry) {
  const auto* helpers = document.find("credHelpers");
  for (const auto& key : keys) {
    if (helpers == nullptr || helpers->string_or(key).empty()) continue;
    entry.helper = helpers->string_or(key);
    entry.server = key;
    return;
  }
  entry.helper = document.string_or("credsStore");
}

}  // namespace

std::vector<std::string> auth_keys(std::string_view host) {
  if (host == "docker.io") {
    return {"https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"};
  }
  std::vector<std::string> keys;
  for (const auto* path : {"", "/", "/v1/", "/v2/"}) {
    for (const auto* scheme : {"", "https://", "http://"}) {
      keys.push_back(fmt::format("{}{}{}", scheme, host, path));
    }
  }
  return keys;
}

Result<data::Value> parse_auth_file(std::string_view text) {
  // docker's tools make an empty file before they have anything to write.
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return data::Value::object();
  auto document = TRY(data::parse_json(text));
  const auto object_or_absent = [&](const char* key) {
    const auto* member = document.find(key);
    return member == nullptr || member->is_null() || member->is_object();
  };
  if (!document.is_object() || !object_or_absent("auths") || !object_or_absent("credHelpers")) {
    return Error(Code::invalid_argument, "it is no auth file: docker's has \"auths\" as an object");
  }
  return document;
}

Result<AuthEntry> find_auth(std::string_view config_json, std::string_view host,
                            std::string_view repository) {
  const auto document = TRY(parse_auth_file(config_json));
  AuthEntry found;
  found.server = auth_keys(host).front();
  const auto keys = keys_of(host, repository);
  find_helper(document, keys, found);
  const auto* auths = document.find("auths");
  if (auths == nullptr) return found;
  for (const auto& key : keys) {
    const auto* entry = auths->find(key);
    if (entry == nullptr) continue;
    auto credentials = TRY(parse_auth(*entry).context(fmt::format("the entry of '{}'", key)));
    if (credentials.secret.empty() && credentials.registry_token.empty()) continue;
    found.credentials = std::move(credentials);
    break;
  }
  return found;
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
