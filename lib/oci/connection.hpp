// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "core/result.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "oci/authorizer.hpp"
#include "oci/hosts.hpp"
#include "oci/registry.hpp"
#include "oci/transfer.hpp"

namespace flintctl::oci {

/// An answer that the network carried, whatever its status.
struct Answer {
  http::ResponseHead head;
  std::string body;  ///< of a success only where it was not given to a sink
};

/// An endpoint, and what all connections to it share.
struct Peer {
  Peer(Endpoint place, std::string repository, Authorizer::Source source)
      : endpoint(std::move(place)), authorizer(std::move(repository), std::move(source)) {}
  const Endpoint endpoint;
  Authorizer authorizer;
  std::atomic<bool> lost = false;        ///< it could not be reached: others are asked first
  std::atomic<bool> distrusted = false;  ///< a mirror that sent wrong bytes: not asked again

  /// Bytes of this blob came from here.
  void note_sent(const Digest& digest);
  [[nodiscard]] bool has_sent(const Digest& digest) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> sent_;
};

/// One connection to one endpoint of a registry: redirects, challenges and retries, but no fallback
/// to another endpoint. Errors are Registry's.
class Connection {
 public:
  /// For `repository` of the registry at `host`, which may be another than the peer's: a mirrored
  /// one.
  static Result<std::unique_ptr<Connection>> open(std::shared_ptr<Peer> peer,
                                                  const std::string& host,
                                                  const std::string& repository,
                                                  const RegistryOptions& options);

  [[nodiscard]] const Endpoint& endpoint() const { return peer_->endpoint; }
  [[nodiscard]] const std::string& host() const { return peer_->endpoint.host; }
  [[nodiscard]] bool contacted() const { return contacted_; }  ///< it answered, whatever
  /// It answered when it was last asked, by anything but trouble of its own (5xx).
  [[nodiscard]] bool answers() const { return answers_; }
  [[nodiscard]] const std::shared_ptr<Peer>& peer() const { return peer_; }

  /// What the reference's tag or digest names; by HEAD, or by GET where that says too little.
  Result<Descriptor> resolve(const Reference& reference);
  /// A whole document ("manifests" or "blobs") of at most `limit` bytes, verified.
  Result<std::string> fetch(const Descriptor& descriptor, std::string_view kind, std::size_t limit);
  /// The rest of a transfer, over as many requests as that takes.
  Result<> download(const Descriptor& descriptor, Transfer& transfer, const std::stop_token& stop);
  /// GET of the API's root, with credentials if it wants them. Whether it wanted any.
  Result<bool> greet();

 private:
  Connection(std::shared_ptr<Peer> peer, std::string registry, std::string repository,
             const RegistryOptions& options, http::Url origin, http::Client client);

  http::Request request(std::string method, std::string_view kind, const std::string& object) const;
  Result<Answer> exchange_once(const http::Request& request, const http::Sink& sink);
  Result<Answer> follow(http::Request request, const http::Sink& sink);
  Result<Answer> get(const http::Request& request, std::size_t limit);
  Result<Descriptor> resolve_by_get(const Reference& reference);
  Result<> judge(Result<Answer>& answer, const Transfer& transfer, bool last) const;
  Result<http::Client*> client_for(const http::Url& url);
  [[nodiscard]] std::chrono::milliseconds pause(unsigned failures,
                                                const http::Headers& headers) const;
  [[nodiscard]] unsigned allowed() const;
  [[nodiscard]] std::string asked() const;
  [[nodiscard]] Error unreachable(Error error) const;

  std::shared_ptr<Peer> peer_;
  std::string registry_;  ///< whose repository it is, also at a mirror
  std::string repository_;
  unsigned attempts_;
  std::chrono::milliseconds first_wait_;
  http::ClientOptions client_options_;
  http::Url origin_;
  http::Client client_;
  std::optional<http::Client> stranger_;  ///< for other origins: without the client certificate
  std::string away_;  ///< the host of another origin that was asked last; empty: ours was
  bool answers_ = false;
  bool contacted_ = false;  ///< it answered once: a failure is then more likely to pass
};

/// What a blob or manifest is called in messages.
std::string name_of(const Descriptor& descriptor, const std::string& repository);

}  // namespace flintctl::oci
