// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "http/message.hpp"
#include "oci/credentials.hpp"
#include "oci/hosts.hpp"
#include "oci/manifest.hpp"
#include "oci/reference.hpp"

namespace flintctl::oci {

/// Credentials for a host (Reference::host), when it has asked for some.
using CredentialsSource =
    std::function<Result<std::optional<Credentials>>(const std::string& host)>;

struct RegistryOptions {
  Transport transport = Transport::automatic;
  CredentialsSource credentials;  ///< empty: nobody's
  /// Where folders with hosts.toml are: find_endpoints().
  std::vector<std::string> hosts_directories;
  std::string ca_file;  ///< PEM bundle to trust instead of the system's; empty: the system's
  http::Timeouts timeouts;
  /// Attempts without progress before an overloaded registry or a broken connection is an error.
  unsigned attempts = 6;
  /// Hears why the next endpoint is asked, where one sent wrong bytes. Any thread may call it.
  std::function<void(const std::string&)> note;
  std::chrono::milliseconds first_wait = std::chrono::milliseconds(200);  ///< doubles each time
};

/// One repository of one registry, over one connection to each of its endpoints: its mirrors in the
/// order of hosts.toml, then itself. OCI distribution specification, "Pull".
///
/// What one endpoint cannot give, or gives with another digest, the next one is asked for, from the
/// byte where it ended.
/// Errors: not_found when the registry has no such thing, registry when it refuses, is unreachable
/// or answers nonsense, data_loss when bytes are not what was named, cancelled after an interrupt.
/// Redirects are followed, without credentials as soon as scheme, host or port differ, and never
/// from https to http.
class Registry {
 public:
  static Result<Registry> open(const Reference& reference, RegistryOptions options = {});
  /// A second connection, for another thread; tokens are shared.
  [[nodiscard]] Result<Registry> another() const;

  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;
  ~Registry();

  /// Whether it answered when it was last asked, by anything but trouble of its own (5xx).
  [[nodiscard]] bool answers() const;

  /// The bytes that came of this blob were wrong: mirrors that sent some of them are not asked for
  /// anything again, over no connection of this repository.
  void distrust(const Digest& digest);
  /// The hosts of those mirrors, all in all.
  [[nodiscard]] std::vector<std::string> distrusted() const;

  /// What the reference's tag or digest names now: an index or a manifest.
  Result<Descriptor> resolve();
  /// The bytes of an index or manifest, verified.
  Result<std::string> manifest(const Descriptor& descriptor);
  /// The bytes of a small blob (a config), verified.
  Result<std::string> blob(const Descriptor& descriptor);

  using Sink = std::function<Result<>(std::string_view bytes)>;
  /// Streams a blob from byte `offset` to its end in order, each byte once, over as many requests
  /// as that takes. The length is checked, the digest is for the caller to check. An error of
  /// `sink` ends it.
  Result<> download(const Descriptor& descriptor, std::uint64_t offset, const Sink& sink,
                    const std::stop_token& stop = {});

 private:
  class Session;
  explicit Registry(std::unique_ptr<Session> session);
  std::unique_ptr<Session> session_;
};

enum class Login {
  accepted,   ///< the registry took the credentials
  not_asked,  ///< it wants none, so nobody knows whether they are good
};
/// Shows the registry at `host` the credentials of `options`; mirrors are not asked.
Result<Login> check_login(const std::string& host, const RegistryOptions& options);

}  // namespace flintctl::oci
