// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "http/message.hpp"

namespace flintctl::http {

enum class PeerCheck {
  full,  ///< the certificate must be trusted, and be the host's
  none,  ///< whoever answers is believed
};

/// How to know the peer, and how to be known to it.
struct Tls {
  std::string ca_file;      ///< PEM bundle to trust instead of the system's; empty: the system's
  std::string authorities;  ///< PEM text of certificates to trust as well
  std::string certificate_file;  ///< PEM, shown to the peer; empty: none is
  std::string key_file;          ///< PEM; empty: it is in certificate_file
  PeerCheck check = PeerCheck::full;
};

struct ClientOptions {
  /// Path of a unix socket to speak to instead of the network; then no proxy is asked.
  std::string unix_socket;
  std::string user_agent = "flintctl";
  Tls tls;
  Timeouts timeouts;
};

/// An HTTP/1.1 and HTTP/2 client over TCP, TLS or a unix socket. Certificates are verified unless
/// the options say otherwise.
/// Proxies come from the environment (https_proxy, http_proxy, no_proxy, or in capitals), never for
/// loopback hosts.
/// Redirects are not followed: the caller decides which credentials may go where.
///
/// One Client makes one exchange at a time and reuses its connection; use one for each thread.
/// An interrupt (sys::interrupted) ends a running exchange with Error cancelled.
///
/// Errors: unavailable when the peer cannot be reached or the connection breaks, deadline_exceeded
/// after a timeout, cancelled, permission_denied when the peer's certificate is not trusted. An
/// HTTP status is never an error here.
class Client {
 public:
  /// Opens libcurl on first use; host_not_ready when it is not installed.
  static Result<Client> open(ClientOptions options = {});

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// One exchange with its whole body in memory; resource_exhausted when the body is longer than
  /// `body_limit` bytes.
  Result<Response> request(const Request& request, std::size_t body_limit = 4U << 20U);

  /// One exchange whose body goes to `sink` as it arrives. A body that ends before its
  /// Content-Length is unavailable ("connection broken"), after the sink saw what came.
  Result<ResponseHead> stream(const Request& request, const Sink& sink);

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace flintctl::http
