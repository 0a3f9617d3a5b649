// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/value.hpp"
#include "sys/process.hpp"

namespace flintctl::oci {

/// faulty_registry.py as a child that ends with this object, or with the test.
class FaultyRegistry {
 public:
  static Result<std::unique_ptr<FaultyRegistry>> start();
  ~FaultyRegistry();
  FaultyRegistry(const FaultyRegistry&) = delete;
  FaultyRegistry& operator=(const FaultyRegistry&) = delete;

  /// "127.0.0.1:<port>/<behaviour>:<tag>".
  [[nodiscard]] std::string reference(const std::string& behaviour,
                                      const std::string& tag = "1") const;
  /// "127.0.0.1:<port>", and the same server under another name and port.
  [[nodiscard]] std::string host() const { return "127.0.0.1:" + port_; }
  [[nodiscard]] std::string other_host() const { return "localhost:" + other_port_; }
  /// What was asked so far, in order: objects with host, method, path, range, authorization,
  /// headers (names in lower case) and time.
  [[nodiscard]] Result<std::vector<data::Value>> log() const;

 private:
  FaultyRegistry(sys::Process process, std::string port, std::string other_port)
      : process_(std::move(process)), port_(std::move(port)), other_port_(std::move(other_port)) {}
  sys::Process process_;
  std::string port_;
  std::string other_port_;
};

}  // namespace flintctl::oci
