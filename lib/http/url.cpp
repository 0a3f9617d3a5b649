// SPDX-License-Identifier: Apache-2.0
#include "http/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string_view>

#include "http/libcurl.hpp"

namespace flintctl::http {
namespace {

struct Free {
  const Libcurl* curl;
  void operator()(CURLU* url) const { curl->url_cleanup(url); }
  void operator()(char* text) const { curl->free(text); }
};
using Handle = std::unique_ptr<CURLU, Free>;

std::string part(const Libcurl& curl, const Handle& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl.url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, Free> owner(text, Free{&curl});
  return text;
}

Result<Url> take_apart(const Libcurl& curl, const Handle& handle) {
  Url url;
  url.text = part(curl, handle, CURLUPART_URL);
  url.scheme = part(curl, handle, CURLUPART_SCHEME);
  url.host = part(curl, handle, CURLUPART_HOST);
  url.port = part(curl, handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::transform(url.host.begin(), url.host.end(), url.host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (url.host.empty() || (url.scheme != "http" && url.scheme != "https")) {
    return Error(Code::invalid_argument,
                 fmt::format("'{}' is no http or https URL", shown_url(url.text)));
  }
  if (!part(curl, handle, CURLUPART_USER).empty() ||
      !part(curl, handle, CURLUPART_PASSWORD).empty()) {
    return Error(Code::invalid_argument, fmt::format("a URL of {} holds credentials", url.host));
  }
  return url;
}

}  // namespace

std::string Url::authority() const {
  return port == (scheme == "https" ? "443" : "80") ? host : host + ":" + port;
}

Result<Url> parse_url(const std::string& text) {
  const Libcurl& curl = *TRY(Libcurl::get());
  const Handle handle(curl.url(), Free{&curl});
  if (curl.url_set(handle.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return Error(Code::invalid_argument,
                 fmt::format("'{}' is no http or https URL", shown_url(text)));
  }
  return take_apart(curl, handle);
}

Result<Url> resolve_url(const Url& base, const std::string& location) {
  const Libcurl& curl = *TRY(Libcurl::get());
  const Handle handle(curl.url(), Free{&curl});
  if (curl.url_set(handle.get(), CURLUPART_URL, base.text.c_str(), 0) != CURLUE_OK ||
      curl.url_set(handle.get(), CURLUPART_URL, location.c_str(), CURLU_URLENCODE) != CURLUE_OK) {
    return Error(Code::invalid_argument,
                 fmt::format("'{}' is no http or https URL", shown_url(location)));
  }
  return take_apart(curl, handle);
}

std::string shown_url(const std::string& text) {
  std::string shown = text.substr(0, text.find_first_of("?#"));
  const auto slashes = shown.find("//");
  const auto begin = slashes == std::string::npos ? 0 : slashes + 2;
  const auto at = shown.rfind('@', shown.find('/', begin));
  if (at != std::string::npos && at >= begin) shown.erase(begin, at + 1 - begin);
  return shown;
}

std::string escape_query(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", byte);
    }
  }
  return escaped;
}

}  // namespace flintctl::http
