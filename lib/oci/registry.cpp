// SPDX-License-Identifier: Apache-2.0
#include "oci/registry.hpp"

#include <fmt/format.h>

#include <vector>

#include "core/text.hpp"
#include "oci/connection.hpp"
#include "oci/registry_error.hpp"

namespace flintctl::oci {
namespace {

using Peers = std::vector<std::shared_ptr<Peer>>;

Authorizer::Source source_for(const Endpoint& endpoint, const RegistryOptions& options) {
  if (!options.credentials) return {};
  return [host = endpoint.host, ask = options.credentials] { return ask(host); };
}

Result<Peers> make_peers(const Reference& reference, const RegistryOptions& options) {
  auto endpoints =
      TRY(find_endpoints(options.hosts_directories, reference.host(), options.transport));
  Peers peers;
  for (auto& endpoint : endpoints) {
    auto source = source_for(endpoint, options);
    peers.push_back(
        std::make_shared<Peer>(std::move(endpoint), reference.repository(), std::move(source)));
  }
  return peers;
}

bool may_resolve(const Endpoint& endpoint) { return endpoint.resolve; }
bool may_pull(const Endpoint& endpoint) { return endpoint.pull; }

}  // namespace

class Registry::Session {
 public:
  Session(const Reference& reference, RegistryOptions options, Peers peers)
      : reference_(reference), options_(std::move(options)), peers_(std::move(peers)) {}

  static Result<std::unique_ptr<Session>> open(const Reference& reference, RegistryOptions options,
                                               Peers peers);
  Result<std::unique_ptr<Session>> another() const { return open(reference_, options_, peers_); }

  /// The registry itself did: a mirror that has no such image says nothing about it.
  bool answers() const { return connections_.back()->answers(); }
  void distrust(const Digest& digest);
  std::vector<std::string> distrusted() const;
  Result<Descriptor> resolve();
  Result<std::string> fetch(const Descriptor& descriptor, std::string_view kind, std::size_t limit);
  Result<> download(const Descriptor& descriptor, std::uint64_t offset, const Sink& sink,
                    const std::stop_token& stop);

 private:
  template <typename T, typename May, typename Ask, typename Final>
  Result<T> first_good(May may, Ask ask, Final final);
  std::vector<Connection*> in_order();
  Result<Descriptor> checked(Descriptor descriptor) const;

  Reference reference_;
  RegistryOptions options_;
  Peers peers_;
  std::vector<std::unique_ptr<Connection>> connections_;  ///< one for each peer
};

Result<std::unique_ptr<Registry::Session>> Registry::Session::open(const Reference& reference,
                                                                   RegistryOptions options,
                                                                   Peers peers) {
  auto session = std::make_unique<Session>(reference, std::move(options), std::move(peers));
  for (const auto& peer : session->peers_) {
    session->connections_.push_back(
        TRY(Connection::open(peer, reference.host(), reference.repository(), session->options_)
                .context(fmt::format("preparing to ask {}", peer->endpoint.host))));
  }
  return session;
}

/// Those that answered so far before those that could not be reached.
std::vector<Connection*> Registry::Session::in_order() {
  std::vector<Connection*> order;
  for (const bool lost : {false, true}) {
    for (const auto& connection : connections_) {
      const Peer& peer = *connection->peer();
      if (peer.lost == lost && !peer.distrusted) order.push_back(connection.get());
    }
  }
  return order;
}

/// The first good answer. An error that is `final` is nobody else's to mend; of the others the last
/// one counts, the registry's own, and the first mirror's is told with it.
template <typename T, typename May, typename Ask, typename Final>
Result<T> Registry::Session::first_good(May may, Ask ask, Final final) {
  std::optional<Error> error;
  std::string before;
  for (Connection* connection : in_order()) {
    if (!may(connection->endpoint())) continue;
    auto answer = ask(*connection);
    if (answer) return answer;
    if (answer.error().code() == Code::cancelled || final()) return answer;
    if (!connection->contacted()) connection->peer()->lost = true;
    if (error && before.empty()) before = error->text();
    error = std::move(answer.error());
    const bool last = connection == connections_.back().get();
    if (error->code() == Code::data_loss && !last && options_.note) {
      options_.note(fmt::format("{}; asking the next host", error->text()));
    }
  }
  if (!error) {
    return Error(Code::registry,
                 fmt::format("no endpoint of {} has the capability", reference_.host()))
        .with_hint("see \"capabilities\" in its hosts.toml");
  }
  if (before.empty()) return *std::move(error);
  return std::move(*error).context(fmt::format("no mirror helped either ({})", before));
}

/// A digest in the reference is what was asked for; the registry may not say otherwise.
Result<Descriptor> Registry::Session::checked(Descriptor descriptor) const {
  if (reference_.digest() && *reference_.digest() != descriptor.digest) {
    return Error(Code::data_loss,
                 fmt::format("{} answers with {} instead of {}", reference_.host(),
                             descriptor.digest.text(), reference_.digest()->text()));
  }
  const std::string& type = descriptor.media_type;
  if (media_type::is_index(type) || media_type::is_manifest(type)) return descriptor;
  return Error(Code::unimplemented, fmt::format("{} is no container image: its media type is '{}'",
                                                reference_.name(), printable(type)));
}

/// The registry itself is the last word, whatever it sends.
void Registry::Session::distrust(const Digest& digest) {
  for (std::size_t i = 0; i + 1 < peers_.size(); ++i) {
    if (peers_[i]->has_sent(digest)) peers_[i]->distrusted = true;
  }
}

std::vector<std::string> Registry::Session::distrusted() const {
  std::vector<std::string> hosts;
  for (const auto& peer : peers_) {
    if (peer->distrusted) hosts.push_back(peer->endpoint.host);
  }
  return hosts;
}

Result<Descriptor> Registry::Session::resolve() {
  const auto ask = [&](Connection& connection) -> Result<Descriptor> {
    return checked(TRY(connection.resolve(reference_)));
  };
  return first_good<Descriptor>(may_resolve, ask, [] { return false; });
}

Result<std::string> Registry::Session::fetch(const Descriptor& descriptor, std::string_view kind,
                                             std::size_t limit) {
  const auto ask = [&](Connection& connection) {
    return connection.fetch(descriptor, kind, limit);
  };
  return first_good<std::string>(may_pull, ask, [] { return false; });
}

Result<> Registry::Session::download(const Descriptor& descriptor, std::uint64_t offset,
                                     const Sink& sink, const std::stop_token& stop) {
  Transfer transfer(descriptor, offset, sink, name_of(descriptor, reference_.repository()));
  const auto ask = [&](Connection& connection) {
    const std::uint64_t before = transfer.position();
    auto done = connection.download(descriptor, transfer, stop);
    if (transfer.position() > before) connection.peer()->note_sent(descriptor.digest);
    return done;
  };
  return first_good<void>(may_pull, ask, [&] { return transfer.refused(); });
}

Registry::Registry(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;
Registry::~Registry() = default;

Result<Registry> Registry::open(const Reference& reference, RegistryOptions options) {
  auto peers = TRY(make_peers(reference, options));
  return Registry(TRY(Session::open(reference, std::move(options), std::move(peers))));
}

Result<Registry> Registry::another() const { return Registry(TRY(session_->another())); }

bool Registry::answers() const { return session_->answers(); }

void Registry::distrust(const Digest& digest) { session_->distrust(digest); }

std::vector<std::string> Registry::distrusted() const { return session_->distrusted(); }

Result<Descriptor> Registry::resolve() { return session_->resolve(); }

Result<std::string> Registry::manifest(const Descriptor& descriptor) {
  return session_->fetch(descriptor, "manifests", max_manifest);
}

Result<std::string> Registry::blob(const Descriptor& descriptor) {
  return session_->fetch(descriptor, "blobs", max_config);
}

Result<> Registry::download(const Descriptor& descriptor, std::uint64_t offset, const Sink& sink,
                            const std::stop_token& stop) {
  return session_->download(descriptor, offset, sink, stop);
}

Result<Login> check_login(const std::string& host, const RegistryOptions& options) {
  auto endpoint = TRY(find_endpoints(options.hosts_directories, host, options.transport)).back();
  auto source = source_for(endpoint, options);
  const auto peer = std::make_shared<Peer>(std::move(endpoint), "", std::move(source));
  const auto connection = TRY(Connection::open(peer, host, "", options));
  return TRY(connection->greet()) ? Login::accepted : Login::not_asked;
}

}  // namespace flintctl::oci
