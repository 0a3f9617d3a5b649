// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "data/value.hpp"
#include "http/client.hpp"
#include "vmm/plan.hpp"

namespace flintctl::vmm::firecracker {

/// Firecracker's API socket. One request at a time, as Firecracker serves them.
class Api {
 public:
  /// `timeout` bounds each exchange. Connects with the first one.
  static Result<Api> open(const std::string& socket, std::chrono::milliseconds timeout);

  /// Sends one call. A refusal becomes an error by refusal().
  Result<> send(const ApiCall& call);
  /// The JSON that GET `path` answers.
  Result<data::Value> get(const std::string& path);

 private:
  explicit Api(http::Client client) : client_(std::move(client)) {}
  Result<std::string> exchange(const std::string& method, const std::string& path,
                               const std::string& body);
  http::Client client_;
};

/// The error for an answer other than 2xx: Firecracker answers 400 to everything, so the kind is
/// read from its fault_message. `what` is "PUT /drives/root".
Error refusal(std::string_view what, int status, std::string_view body);

}  // namespace flintctl::vmm::firecracker
