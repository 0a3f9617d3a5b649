// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"

namespace flintctl::http {

/// An absolute http or https URL, taken apart.
struct Url {
  std::string text;    ///< the whole, normalised
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< IPv6 in brackets
  std::string port;    ///< the scheme's own when none was written

  /// Host, and port unless it is the scheme's own. RFC 9110, section 7.2.
  [[nodiscard]] std::string authority() const;

  /// Scheme, host and port agree. RFC 6454.
  [[nodiscard]] bool same_origin(const Url& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

/// invalid_argument for other schemes, for bad syntax, and for a user name or password inside.
Result<Url> parse_url(const std::string& text);

/// What a Location field means at `base`: relative references are resolved. RFC 3986, section 5.
Result<Url> resolve_url(const Url& base, const std::string& location);

/// A URL as a message may show it, also one that is malformed: without user name and password, and
/// without query and fragment. A signed URL's query is a key to what it names.
std::string shown_url(const std::string& text);

/// Percent-encodes all but unreserved characters, for one query value.
std::string escape_query(const std::string& text);

}  // namespace flintctl::http
