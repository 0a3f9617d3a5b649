// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace flintctl::http {

/// Header fields in the order they came. Names compare without case. RFC 9110, section 5.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  void add(std::string name, std::string value);
  /// The first field of that name, or nullptr.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  /// Every field of that name.
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& fields() const {
    return fields_;
  }
  void clear() { fields_.clear(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method = "GET";
  std::string url;  ///< http or https; on a unix socket "http://localhost/path"
  Headers headers;
  std::string body;  ///< sent with a Content-Length when it is not empty, or for PUT, POST, PATCH
  std::stop_token stop;  ///< ends the transfer with Error cancelled
};

/// Status and header fields of an answer.
struct ResponseHead {
  int status = 0;
  Headers headers;
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;
};

/// Takes one piece of a response body; an error ends the transfer and is what the call returns.
using Sink = std::function<Result<>(const ResponseHead& head, std::string_view bytes)>;

/// How long to wait for what.
struct Timeouts {
  std::chrono::milliseconds connect = std::chrono::seconds(30);
  /// With less than a KiB a second on average; zero: for ever.
  std::chrono::seconds stall = std::chrono::seconds(60);
  std::optional<std::chrono::milliseconds> total;  ///< the whole exchange
};

/// True for localhost, *.localhost, 127.0.0.0/8 and ::1 (with or without brackets).
bool is_loopback(std::string_view host);

}  // namespace flintctl::http
