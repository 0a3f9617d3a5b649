// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "oci/credentials.hpp"

namespace flintctl::oci {

/// The program docker-credential-NAME, which keeps secrets that docker's config.json only points
/// to. It runs with this process's environment, is found by PATH, and is told and tells everything
/// over pipes. github.com/docker/docker-credential-helpers.
class CredentialHelper {
 public:
  /// invalid_argument for a name that is no plain word, registry when the program is missing.
  static Result<CredentialHelper> find(const std::string& name);

  /// What it has for `server`; nothing when it has none. Code registry when it fails, or takes
  /// longer than `patience`; errors quote the helper, never a secret.
  [[nodiscard]] Result<std::optional<Credentials>> get(const std::string& server) const;
  Result<> store(const std::string& server, const Credentials& credentials) const;
  /// True when it had something to forget.
  [[nodiscard]] Result<bool> erase(const std::string& server) const;

  /// The longest that a call may take.
  static constexpr std::chrono::seconds patience{30};

 private:
  CredentialHelper(std::string name, std::string program)
      : name_(std::move(name)), program_(std::move(program)) {}
  [[nodiscard]] Result<std::optional<std::string>> call(const std::string& verb,
                                                        const std::string& input) const;
  std::string name_;
  std::string program_;
};

}  // namespace flintctl::oci
