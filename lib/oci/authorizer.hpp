// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "oci/challenge.hpp"
#include "oci/credentials.hpp"

namespace flintctl::oci {

/// Answers a registry's challenges and keeps what it gave: one for all connections to a repository,
/// used by their threads at once. Distribution's token authentication specification.
class Authorizer {
 public:
  /// Asked once, when a registry first wants to know who asks; empty: nobody.
  using Source = std::function<Result<std::optional<Credentials>>()>;
  /// The client that may speak to a realm.
  using ClientFor = std::function<Result<http::Client*>(const http::Url& realm)>;

  /// `repository` empty: for the registry as a whole.
  Authorizer(std::string repository, Source source);

  /// The Authorization field to send now; empty before the first challenge.
  std::string header();

  /// After a 401 from `asked` to a request that carried `rejected`: gets a new field, by a token
  /// from the realm (anonymous or with the credentials) or by Basic. Code registry when there is
  /// nothing (more) to answer with. Credentials go to https realms, or to the plain one that was
  /// asked. A realm may redirect, but never from https to http, and not to another host what holds
  /// credentials.
  Result<> renew(const ClientFor& client_for, const http::Url& asked, const http::Headers& answer,
                 const std::string& rejected);

 private:
  Result<> load();
  Result<std::string> answer_bearer(const ClientFor& client_for, const http::Url& asked,
                                    const Challenge& challenge);
  Result<std::string> token(const ClientFor& client_for, const http::Url& asked,
                            const http::Url& realm, const std::string& query);
  Result<http::Response> ask(const ClientFor& client_for, const http::Url& asked,
                             const http::Url& realm, http::Request request);
  [[nodiscard]] http::Request token_request(const http::Url& realm, const std::string& query) const;

  const std::string repository_;
  const Source source_;
  std::mutex mutex_;
  /// What the source said, failures too: who waits for a helper in vain waits once.
  std::optional<Result<std::optional<Credentials>>> loaded_;
  std::optional<Credentials> credentials_;
  std::string header_;
};

}  // namespace flintctl::oci
