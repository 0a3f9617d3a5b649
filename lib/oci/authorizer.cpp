// SPDX-License-Identifier: Apache-2.0
#include "oci/authorizer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "data/value.hpp"
#include "oci/challenge.hpp"
#include "oci/registry_error.hpp"

namespace flintctl::oci {
namespace {

constexpr std::size_t max_token_answer = 1U << 20U;
constexpr std::string_view form_type = "application/x-www-form-urlencoded";

Error refused(const std::string& host, bool with_credentials) {
  if (with_credentials) {
    return Error(Code::registry, fmt::format("{} does not accept the credentials", host))
        .with_hint("check that the image exists and that the account may read it");
  }
  return Error(Code::registry, fmt::format("{} wants credentials", host))
      .with_hint(
          "check the name of the image; if it is private, log in with 'flintctl image login', or "
          "name an auth file by --authfile");
}

const std::string* parameter(const Challenge& challenge, const std::string& name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? nullptr : &found->second;
}

/// Whether a realm may be asked at all: over TLS anyone may; plainly, only the registry that is
/// itself spoken to plainly, or this machine.
bool trusted_realm(const http::Url& realm, const http::Url& asked) {
  if (realm.scheme == "https") return true;
  return asked.scheme == "http" && (realm.host == asked.host || http::is_loopback(realm.host));
}

/// Appends a field to a query, unless it is empty: some servers take an empty one for a wrong one.
void add_to(std::string& query, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  query += fmt::format("{}{}={}", query.empty() ? "" : "&", name, http::escape_query(value));
}

/// What may stand in a header: a token with a line break would begin another field.
bool is_token(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Authorizer::Authorizer(std::string repository, Source source)
    : repository_(std::move(repository)), source_(std::move(source)) {}

std::string Authorizer::header() {
  const std::lock_guard lock(mutex_);
  return header_;
}

Result<> Authorizer::load() {
  if (!loaded_) loaded_ = source_ ? source_() : std::optional<Credentials>();
  if (!*loaded_) return loaded_->error();
  credentials_ = **loaded_;
  return {};
}

Result<> Authorizer::renew(const ClientFor& client_for, const http::Url& asked,
                           const http::Headers& answer, const std::string& rejected) {
  // Held during the request for a token: ten connections that are refused at once need one token.
  const std::lock_guard lock(mutex_);
  if (header_ != rejected) return {};  // another connection renewed it meanwhile
  TRY(load());
  for (const auto& field : answer.all("WWW-Authenticate")) {
    for (const Challenge& challenge : parse_challenges(field)) {
      if (challenge.scheme == "basic" && credentials_ && !credentials_->username.empty()) {
        const auto basic =
            "Basic " + base64_encode(credentials_->username + ":" + credentials_->secret);
        if (basic == rejected) return refused(asked.authority(), true);
        header_ = basic;
        return {};
      }
      if (challenge.scheme != "bearer" || parameter(challenge, "realm") == nullptr) continue;
      header_ = TRY(answer_bearer(client_for, asked, challenge));
      return {};
    }
  }
  return refused(asked.authority(), credentials_.has_value());
}

Result<std::string> Authorizer::answer_bearer(const ClientFor& client_for, const http::Url& asked,
                                              const Challenge& challenge) {
  const auto bad_realm = fmt::format("{} names a bad realm for tokens", asked.authority());
  auto url = http::parse_url(*parameter(challenge, "realm"));
  if (!url) return std::move(url.error()).context(bad_realm).with_code(Code::registry);
  if (!trusted_realm(*url, asked)) {
    return Error(Code::registry, fmt::format("{} wants tokens from {} without TLS",
                                             asked.authority(), url->authority()));
  }
  const auto* service = parameter(challenge, "service");
  const auto* scope = parameter(challenge, "scope");
  const auto usual =
      repository_.empty() ? std::string() : fmt::format("repository:{}:pull", repository_);
  std::string query;
  add_to(query, "service", service == nullptr ? "" : *service);
  add_to(query, "scope", scope == nullptr ? usual : *scope);
  return "Bearer " + TRY(token(client_for, asked, *url, query));
}

http::Request Authorizer::token_request(const http::Url& realm, const std::string& query) const {
  http::Request request;
  request.url = realm.text;
  if (credentials_ && credentials_->username.empty()) {
    request.method = "POST";
    request.headers.add("Content-Type", std::string(form_type));
    request.body = "grant_type=refresh_token&client_id=flintctl&refresh_token=" +
                   http::escape_query(credentials_->secret);
    if (!query.empty()) request.body += "&" + query;
    return request;
  }
  if (!query.empty()) {
    request.url += (realm.text.find('?') == std::string::npos ? "?" : "&") + query;
  }
  if (credentials_) {
    request.headers.add("Authorization", "Basic " + base64_encode(credentials_->username + ":" +
                                                                  credentials_->secret));
  }
  return request;
}

/// The answer to a request for a token, over redirects.
Result<http::Response> Authorizer::ask(const ClientFor& client_for, const http::Url& asked,
                                       const http::Url& realm, http::Request request) {
  http::Url url = realm;
  for (int hop = 0; hop <= max_redirects; ++hop) {
    auto response = TRY(TRY(client_for(url))->request(request, max_token_answer));
    const auto* location = response.headers.find("Location");
    if (!is_redirect(response.status) || location == nullptr) return response;
    auto next = http::resolve_url(url, *location);
    if (!next) {
      return std::move(next.error())
          .context(fmt::format("{} redirects to nowhere", url.authority()))
          .with_code(Code::registry);
    }
    if ((url.scheme == "https" && next->scheme == "http") || !trusted_realm(*next, asked)) {
      return Error(Code::registry, fmt::format("{} redirects to {} without TLS", url.authority(),
                                               next->authority()));
    }
    // Only these two have the same question asked again, with its body.
    const bool repeats = response.status == 307 || response.status == 308;
    const bool stays = next->same_origin(url);
    if (request.method == "POST" && !(repeats && stays)) {
      return Error(Code::registry, fmt::format("{} redirects a refresh token to {}",
                                               url.authority(), next->authority()));
    }
    if (!stays) request.headers.clear();  // the credentials
    request.url = next->text;
    url = *std::move(next);
  }
  return Error(Code::registry,
               fmt::format("{} redirects more than {} times", realm.authority(), max_redirects));
}

Result<std::string> Authorizer::token(const ClientFor& client_for, const http::Url& asked,
                                      const http::Url& realm, const std::string& query) {
  if (credentials_ && !credentials_->registry_token.empty()) return credentials_->registry_token;
  const auto response = TRY(ask(client_for, asked, realm, token_request(realm, query)));
  if (response.status == 401 || response.status == 403 || response.status == 400) {
    return refused(realm.authority(), credentials_.has_value());
  }
  if (response.status != 200) {
    const auto code =
        response.status >= 500 || response.status == 429 ? Code::unavailable : Code::registry;
    return Error(code, fmt::format("{} answers {} to a request for a token", realm.authority(),
                                   response.status));
  }
  auto document = data::parse_json(response.body);
  // Not the parser's words: they could quote the token.
  if (!document) return Error(Code::registry, fmt::format("{} gives no token", realm.authority()));
  std::string text = document->string_or("token");
  if (text.empty()) text = document->string_or("access_token");
  if (text.empty())
    return Error(Code::registry, fmt::format("{} gives no token", realm.authority()));
  if (!is_token(text)) {
    return Error(Code::registry, fmt::format("{} gives a malformed token", realm.authority()));
  }
  return text;
}

}  // namespace flintctl::oci
