// SPDX-License-Identifier: Apache-2.0
#include "oci/registry_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "core/text.hpp"
#include "data/value.hpp"

namespace flintctl::oci {
namespace {

/// The first "errors" entry's code and message, for people.
std::string words_of(std::string_view body) {
  const auto document = data::parse_json(body);
  if (!document) return {};
  const auto* errors = document->find("errors");
  if (errors == nullptr || errors->elements().empty()) return {};
  const auto& first = errors->elements().front();
  std::string words = first.string_or("message");
  if (words.empty()) words = first.string_or("code");
  return printable(words);
}

/// What Go's and nginx's servers answer to plain HTTP on a port with TLS.
bool speaks_tls(std::string_view body) {
  return body.find("HTTP request to an HTTPS server") != std::string_view::npos ||
         body.find("plain HTTP request was sent to HTTPS port") != std::string_view::npos;
}

}  // namespace

Error from_answer(int status, std::string_view body, const std::string& host,
                  const std::string& what) {
  const std::string words = words_of(body);
  const std::string quoted = words.empty() ? "" : fmt::format(" (\"{}\")", words);
  if (status == 404) {
    return Error(Code::not_found, fmt::format("{} does not have {}{}", host, what, quoted))
        .with_hint("check the repository and the tag");
  }
  Error error(Code::registry,
              fmt::format("{} answers {} to a request for {}{}", host, status, what, quoted));
  if (status == 401 || status == 403) {
    return std::move(error).with_hint(
        "check the name of the image; if it is private, log in with 'flintctl image login'");
  }
  if (status == 429)
    return std::move(error).with_hint(
        "it limits the rate of pulls: log in with 'flintctl image login', or wait");
  if (status == 400 && speaks_tls(body)) {
    return std::move(error).with_hint(
        fmt::format("it speaks TLS: leave --plain-http out; for a registry on this machine write "
                    "server = \"https://{}\" in /etc/containerd/certs.d/{}/hosts.toml",
                    host, host));
  }
  if (status >= 500)
    return std::move(error).with_hint("the registry is in trouble: try again later");
  return error;
}

Error from_http(Error error, const std::string& host) {
  switch (error.code()) {
    case Code::permission_denied:  // its certificate
      error = std::move(error).with_hint(
          fmt::format("name the authority that signed it by \"ca\" in {}/hosts.toml below "
                      "/etc/containerd/certs.d (or --hosts-dir), or install it",
                      host));
      [[fallthrough]];
    case Code::unavailable:
    case Code::deadline_exceeded:
      return std::move(error)
          .context(fmt::format("registry {} cannot be reached", host))
          .with_code(Code::registry);
    default:
      return error;
  }
}

bool is_transient(int status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::optional<std::chrono::milliseconds> retry_after(const http::Headers& headers,
                                                     std::chrono::system_clock::time_point now) {
  constexpr std::chrono::seconds longest(60);
  const std::string* text = headers.find("Retry-After");
  if (text == nullptr) return std::nullopt;
  unsigned seconds = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, seconds);
  if (error == std::errc() && stop == end) {
    return std::min(std::chrono::seconds(seconds), longest);
  }
  std::tm date{};
  const char* const rest = ::strptime(text->c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  const auto until = std::chrono::system_clock::from_time_t(::timegm(&date)) - now;
  return std::clamp(std::chrono::ceil<std::chrono::seconds>(until), std::chrono::seconds(0),
                    longest);
}

}  // namespace flintctl::oci
