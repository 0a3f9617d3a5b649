// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "sys/process.hpp"

namespace flintctl::image {

/// Debian's docker-registry over a folder, on a free port of the loopback; ends with this object.
class DebianRegistry {
 public:
  struct Options {
    std::string folder;  ///< gets the configuration and the access log
    std::string store;   ///< what it serves; empty: folder/store
    std::string http;    ///< more of the configuration's "http" section, in YAML's flow style
    std::string auth;    ///< its "auth" section, the same; empty: everybody may pull
    std::string address = "127.0.0.1";  ///< IPv6 in brackets
  };
  static Result<std::unique_ptr<DebianRegistry>> start(const Options& options);
  ~DebianRegistry();
  DebianRegistry(const DebianRegistry&) = delete;
  DebianRegistry& operator=(const DebianRegistry&) = delete;

  [[nodiscard]] std::string host() const { return address_ + ":" + port_; }
  [[nodiscard]] const std::string& port() const { return port_; }
  /// The requests so far, as the access log has them.
  [[nodiscard]] std::vector<std::string> log() const;

 private:
  DebianRegistry(sys::Process process, UniqueFd log, const Options& options)
      : process_(std::move(process)),
        log_(std::move(log)),
        folder_(options.folder),
        address_(options.address) {}
  Result<> await_port();

  sys::Process process_;
  UniqueFd log_;
  std::string folder_;
  std::string address_;
  std::string port_;
  std::thread drain_;
};

}  // namespace flintctl::image
