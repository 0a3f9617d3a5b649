// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "http/message.hpp"

namespace flintctl::oci {

/// The Error for a registry's answer that is no success. `what` says what was asked for. The
/// registry's own words are quoted, bounded and without control characters. OCI distribution
/// specification, "Error Codes".
Error from_answer(int status, std::string_view body, const std::string& host,
                  const std::string& what);

/// The Error for an exchange that did not take place: an unreachable registry is of Code registry.
Error from_http(Error error, const std::string& host);

/// Whether the same request may succeed later: overload, or a gateway's trouble.
bool is_transient(int status);

/// Whether the answer says to ask elsewhere; followed at most so often.
bool is_redirect(int status);
inline constexpr int max_redirects = 10;

/// How long the answer asks to wait, in seconds or until a date, at most a minute. RFC
/// 9110, 10.2.3.
std::optional<std::chrono::milliseconds> retry_after(
    const http::Headers& headers,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace flintctl::oci
