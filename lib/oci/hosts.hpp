// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "http/client.hpp"
#include "http/message.hpp"

namespace flintctl::oci {

/// Whether to speak TLS. `automatic`: always, except to loopback hosts on a port other than 443 for
/// which no certificates are configured.
enum class Transport { automatic, tls, plain };

/// One place that serves the repositories of a registry: the registry itself, or a mirror.
struct Endpoint {
  std::string base;  ///< URL of the API's root, "https://mirror.example/v2", without a last slash
  std::string host;  ///< what its credentials are kept under: "docker.io", "mirror.example:5000"
  bool pull = true;  ///< serves blobs, and manifests by digest
  bool resolve = true;                   ///< its word on what a tag means is good
  bool mirror = false;                   ///< is told by "ns=" whose repositories are meant
  std::vector<std::string> authorities;  ///< PEM files to trust beside the system's
  http::Tls tls;                         ///< all but the authorities
  http::Headers headers;                 ///< sent with each request, to nobody else
  std::optional<std::chrono::milliseconds> connect_timeout;
};

/// Where a registry is asked when nothing is configured.
Endpoint default_endpoint(const std::string& host, Transport transport);

/// The endpoints of a hosts.toml, in the file's order, the server last. `folder` is where relative
/// paths begin. Anything that containerd would ignore in silence (a key it does not know, a bad
/// value) is invalid_argument. containerd's docs/hosts.md.
Result<std::vector<Endpoint>> parse_hosts(std::string_view toml, const std::string& folder,
                                          const std::string& host, Transport transport);

/// The endpoints for `host` (Reference::host) by the first of `directories` that has a folder for
/// it: HOST_PORT_, HOST:PORT or _default, with a hosts.toml or docker's *.crt, *.cert and *.key.
/// Errors name the file.
Result<std::vector<Endpoint>> find_endpoints(const std::vector<std::string>& directories,
                                             const std::string& host, Transport transport);

/// Where containerd and docker keep such folders.
std::vector<std::string> default_hosts_directories();

}  // namespace flintctl::oci
