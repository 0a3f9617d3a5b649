// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "core/unique_fd.hpp"

namespace fake_firecracker {

struct Request {
  std::string method;
  std::string path;
  std::string body;
};

struct Answer {
  int status = 204;
  std::string body;
  std::function<void()> afterwards = [] {};  ///< once it is sent
};

/// Listens on a unix socket; false when the path is taken, as a stale socket's is.
bool listen_at(const std::string& path, flintctl::UniqueFd& listener);

/// Serves HTTP/1.1 with keep-alive, one request at a time, for ever.
[[noreturn]] void serve(int listener, const std::function<Answer(const Request&)>& handle);

}  // namespace fake_firecracker
