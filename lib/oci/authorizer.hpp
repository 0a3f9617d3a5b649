// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "oci/credentials.hpp"

namespace flintctl::oci {

/// Answers a registry's challenges and keeps what it gave: one for all connections to a repository,
/// used by their threads at once. Distribution's token authentication specification.
class Authorizer {
 public:
  Authorizer(std::string repository, std::optional<Credentials> credentials);

  /// The Authorization field to send now; empty before the first challenge.
  std::string header();

  /// After a 401 from `asked` to a request that carried `rejected`: gets a new field, by a token
  /// from the realm (anonymous or with the credentials) or by Basic. Code registry when there is
  /// nothing (more) to answer with. Credentials go to https realms, or to the plain one that was
  /// asked.
  Result<> renew(http::Client& client, const http::Url& asked, const http::Headers& answer,
                 const std::string& rejected);

 private:
  Result<std::string> token(http::Client& client, const http::Url& realm,
                            const std::string& service, const std::string& scope);

  const std::string repository_;
  const std::optional<Credentials> credentials_;
  std::mutex mutex_;
  std::string header_;
};

}  // namespace flintctl::oci
