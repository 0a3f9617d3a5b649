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
  /// What was asked so far, in order: objects with host, method, path, range, authorization.
  [[nodiscard]] Result<std::vector<data::Value>> log() const;

 private:
  FaultyRegistry(sys::Process process, std::string port)
      : process_(std::move(process)), port_(std::move(port)) {}
  sys::Process process_;
  std::string port_;
};

}  // namespace flintctl::oci
