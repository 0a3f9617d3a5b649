// SPDX-License-Identifier: Apache-2.0
#include "oci/connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/unique_fd.hpp"
#include "oci/registry_error.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::oci {
namespace {

constexpr auto resume_hint =
    "pull again: it goes on from there; if it always ends there, the registry's copy is damaged";

constexpr unsigned max_reconnects = 200;  // of one blob, however little each brought
constexpr std::size_t max_error_body = 16U << 10U;
constexpr std::size_t max_authority = 1U << 20U;
constexpr std::chrono::milliseconds longest_wait = std::chrono::seconds(10);

/// Waits, but not beyond an interrupt or a stop request.
Result<> wait(std::chrono::milliseconds duration, const std::stop_token& stop) {
  const UniqueFd wake(::eventfd(0, EFD_CLOEXEC));
  const std::stop_callback on_stop(stop, [&] {
    const std::uint64_t one = 1;
    (void)!::write(wake.get(), &one, sizeof one);
  });
  std::array<pollfd, 2> watched = {pollfd{wake.get(), POLLIN, 0},
                                   pollfd{sys::interrupt_fd(), POLLIN, 0}};
  ::poll(watched.data(), watched.size(), static_cast<int>(duration.count()));
  TRY(sys::check_interrupt());
  if (stop.stop_requested()) return Error(Code::cancelled, "stopped");
  return {};
}

std::string without_parameters(const std::string* content_type) {
  if (content_type == nullptr) return {};
  std::string type = content_type->substr(0, content_type->find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  return type;
}

bool is_success(int status) { return status >= 200 && status < 300; }

bool may_pass(const Error& error) {
  return error.code() == Code::unavailable || error.code() == Code::deadline_exceeded;
}

/// The endpoint's certificates to trust, one after the other.
Result<std::string> read_authorities(const Endpoint& endpoint) {
  std::string text;
  for (const auto& path : endpoint.authorities) {
    const auto what =
        fmt::format("reading the certificates to trust that are named for {}", endpoint.host);
    const auto file = sys::read_file(path, max_authority);
    // A file that is named and missing is a mistake in what names it.
    if (!file) return Error(file.error()).context(what).with_code(Code::invalid_argument);
    if (file->find("CERTIFICATE-----") == std::string::npos) {
      return Error(Code::invalid_argument, fmt::format("{} holds no certificate", path))
          .context(what);
    }
    text += *file;
    text += '\n';
  }
  return text;
}

}  // namespace

void Peer::note_sent(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  sent_.insert(digest.text());
}

bool Peer::has_sent(const Digest& digest) const {
  const std::lock_guard lock(mutex_);
  return sent_.contains(digest.text());
}

Result<std::unique_ptr<Connection>> Connection::open(std::shared_ptr<Peer> peer,
                                                     const std::string& host,
                                                     const std::string& repository,
                                                     const RegistryOptions& options) {
  const Endpoint& endpoint = peer->endpoint;
  http::ClientOptions client;
  client.tls = endpoint.tls;
  client.tls.ca_file = options.ca_file;
  client.tls.authorities = TRY(read_authorities(endpoint));
  client.timeouts = options.timeouts;
  if (endpoint.connect_timeout) client.timeouts.connect = *endpoint.connect_timeout;
  auto origin = TRY(http::parse_url(endpoint.base));
  auto opened = TRY(http::Client::open(client));
  std::unique_ptr<Connection> connection(new Connection(std::move(peer), host, repository, options,
                                                        std::move(origin), std::move(opened)));
  connection->client_options_ = std::move(client);
  return connection;
}

Connection::Connection(std::shared_ptr<Peer> peer, std::string registry, std::string repository,
                       const RegistryOptions& options, http::Url origin, http::Client client)
    : peer_(std::move(peer)),
      registry_(std::move(registry)),
      repository_(std::move(repository)),
      attempts_(options.attempts),
      first_wait_(options.first_wait),
      origin_(std::move(origin)),
      client_(std::move(client)) {}

/// A certificate that tells who we are is for the registry alone.
Result<http::Client*> Connection::client_for(const http::Url& url) {
  if (client_options_.tls.certificate_file.empty() || url.same_origin(origin_)) return &client_;
  if (!stranger_) {
    auto options = client_options_;
    options.tls.certificate_file.clear();
    options.tls.key_file.clear();
    stranger_ = TRY(http::Client::open(std::move(options)));
  }
  return &*stranger_;
}

unsigned Connection::allowed() const { return contacted_ ? attempts_ : std::min(2U, attempts_); }

http::Request Connection::request(std::string method, std::string_view kind,
                                  const std::string& object) const {
  http::Request request;
  request.method = std::move(method);
  request.url = fmt::format("{}/{}/{}/{}", endpoint().base, repository_, kind, object);
  if (endpoint().mirror) request.url += "?ns=" + http::escape_query(registry_);
  if (kind == "manifests") {
    request.headers.add("Accept", fmt::format("{}, {}, {}, {}, */*", media_type::oci_index,
                                              media_type::oci_manifest, media_type::docker_list,
                                              media_type::docker_manifest));
  }
  return request;
}

/// One exchange; the body of a success goes to `sink`, that of a failure is kept for its message.
Result<Answer> Connection::exchange_once(const http::Request& request, const http::Sink& sink) {
  Answer answer;
  bool enough = false;
  const http::Sink sort = [&](const http::ResponseHead& head, std::string_view bytes) -> Result<> {
    if (is_success(head.status)) return sink(head, bytes);
    answer.body += bytes.substr(0, max_error_body - answer.body.size());
    if (answer.body.size() < max_error_body) return {};
    // The rest may have no end. Only an error ends the exchange; the answer is what has come.
    enough = true;
    answer.head = head;
    return Error(Code::resource_exhausted, "the answer is long");
  };
  const auto url = TRY(http::parse_url(request.url));
  answers_ = false;
  auto head = TRY(client_for(url))->stream(request, sort);
  if (!enough) answer.head = TRY(std::move(head));
  contacted_ = true;
  answers_ = answer.head.status < 500;
  return answer;
}

/// With redirects and one answer to a challenge.
Result<Answer> Connection::follow(http::Request request, const http::Sink& sink) {
  http::Url url = TRY(http::parse_url(request.url));
  const http::Headers own = request.headers;
  bool challenged = false;
  for (int hop = 0; hop <= max_redirects;) {
    const bool at_home = url.same_origin(origin_);
    away_ = at_home ? std::string() : url.authority();
    const std::string authorization = at_home ? peer_->authorizer.header() : std::string();
    request.url = url.text;
    request.headers = own;
    if (at_home) {
      for (const auto& [name, value] : endpoint().headers.fields()) {
        request.headers.add(name, value);
      }
    }
    if (!authorization.empty()) request.headers.add("Authorization", authorization);
    auto answer = TRY(exchange_once(request, sink));
    const int status = answer.head.status;
    if (status == 401 && at_home && !challenged) {
      challenged = true;
      TRY(peer_->authorizer.renew([this](const http::Url& realm) { return client_for(realm); }, url,
                                  answer.head.headers, authorization));
      continue;
    }
    const std::string* location = answer.head.headers.find("Location");
    if (!is_redirect(status) || location == nullptr) return answer;
    auto next = http::resolve_url(url, *location);
    if (!next) {
      return std::move(next.error())
          .context(fmt::format("{} redirects to nowhere", url.authority()))
          .with_code(Code::registry);
    }
    if (url.scheme == "https" && next->scheme == "http") {
      return Error(Code::registry, fmt::format("{} redirects to {} without TLS", url.authority(),
                                               next->authority()));
    }
    url = *std::move(next);
    ++hop;
  }
  return Error(Code::registry,
               fmt::format("{} redirects more than {} times", host(), max_redirects));
}

std::chrono::milliseconds Connection::pause(unsigned failures, const http::Headers& headers) const {
  if (const auto asked = retry_after(headers)) return *asked;
  return std::min(first_wait_ * (1U << std::min(failures, 10U)), longest_wait);
}

/// Who gave the last answer, or none: where the registry redirects to is another's.
std::string Connection::asked() const { return away_.empty() ? host() : away_; }

/// The Error for an exchange that did not take place.
Error Connection::unreachable(Error error) const {
  const bool untrusted = error.code() == Code::permission_denied;  // its certificate
  if (away_.empty() || !(untrusted || may_pass(error))) return from_http(std::move(error), host());
  return std::move(error)
      .context(fmt::format("{}, where registry {} redirects to, cannot be reached", away_, host()))
      .with_code(Code::registry);
}

/// With retries, and the whole body in memory.
Result<Answer> Connection::get(const http::Request& request, std::size_t limit) {
  for (unsigned failures = 0;; ++failures) {
    std::string body;
    const http::Sink keep = [&](const http::ResponseHead&, std::string_view bytes) -> Result<> {
      body += bytes;
      if (body.size() <= limit) return {};
      return Error(Code::data_loss,
                   fmt::format("{} answers with more than {} bytes", asked(), limit));
    };
    auto answer = follow(request, keep);
    const bool transient = answer ? is_transient(answer->head.status) : may_pass(answer.error());
    if (!transient || failures + 1 >= allowed()) {
      if (!answer) return unreachable(std::move(answer.error()));
      if (is_success(answer->head.status)) answer->body = std::move(body);
      return answer;
    }
    TRY(wait(pause(failures, answer ? answer->head.headers : http::Headers{}), request.stop));
  }
}

Result<Descriptor> Connection::resolve(const Reference& reference) {
  const auto answer = TRY(get(request("HEAD", "manifests", reference.object()), max_manifest));
  if (!is_success(answer.head.status)) return resolve_by_get(reference);
  const auto& headers = answer.head.headers;
  const std::string* digest_text = headers.find("Docker-Content-Digest");
  const std::string* length_text = headers.find("Content-Length");
  const std::string type = without_parameters(headers.find("Content-Type"));
  if (digest_text == nullptr || length_text == nullptr || type.empty())
    return resolve_by_get(reference);
  auto digest = Digest::parse(*digest_text);
  std::uint64_t size = 0;
  std::from_chars(length_text->data(), length_text->data() + length_text->size(), size);
  if (!digest || size == 0) return resolve_by_get(reference);
  if (size > max_manifest) {
    return Error(Code::data_loss, fmt::format("the manifest of {} is longer than {} bytes",
                                              reference.name(), max_manifest));
  }
  return Descriptor{type, *std::move(digest), size};
}

/// For registries whose HEAD says too little, and for their words about a failure.
Result<Descriptor> Connection::resolve_by_get(const Reference& reference) {
  // A tag is only as good as the connection that resolved it.
  const auto answer = TRY(get(request("GET", "manifests", reference.object()), max_manifest));
  if (!is_success(answer.head.status)) {
    return from_answer(answer.head.status, answer.body, asked(), reference.name());
  }
  const std::string type = without_parameters(answer.head.headers.find("Content-Type"));
  return Descriptor{type, Digest::of(answer.body), answer.body.size()};
}

Result<std::string> Connection::fetch(const Descriptor& descriptor, std::string_view kind,
                                      std::size_t limit) {
  const std::string what = name_of(descriptor, repository_);
  if (descriptor.size > limit) {
    return Error(Code::data_loss, fmt::format("{} is longer than {} bytes", what, limit));
  }
  auto answer = TRY(
      get(request("GET", kind, descriptor.digest.text()), static_cast<std::size_t>(descriptor.size))
          .context("fetching " + what));
  if (!is_success(answer.head.status)) {
    return from_answer(answer.head.status, answer.body, asked(), what);
  }
  if (answer.body.size() != descriptor.size || Digest::of(answer.body) != descriptor.digest) {
    return Error(Code::data_loss, fmt::format("{} sends other bytes for {}", asked(), what));
  }
  return std::move(answer.body);
}

Result<> Connection::download(const Descriptor& descriptor, Transfer& transfer,
                              const std::stop_token& stop) {
  unsigned failures = 0;
  for (unsigned round = 0; !transfer.complete(); ++round) {
    const std::uint64_t start = transfer.position();
    auto ask = request("GET", "blobs", descriptor.digest.text());
    ask.stop = stop;
    if (start > 0) ask.headers.add("Range", fmt::format("bytes={}-", start));
    transfer.begin();
    auto answer =
        follow(ask, [&](const auto& head, auto bytes) { return transfer.take(head, bytes); });
    if (transfer.refused()) return std::move(answer.error());
    if (transfer.complete()) break;
    failures = transfer.position() > start ? 0 : failures + 1;
    TRY(judge(answer, transfer, failures >= allowed() || round >= max_reconnects));
    TRY(wait(pause(failures, answer ? answer->head.headers : http::Headers{}), stop));
  }
  return {};
}

/// Success when an unfinished transfer may be tried again, else the error that ends it.
Result<> Connection::judge(Result<Answer>& answer, const Transfer& transfer, bool last) const {
  if (!answer) {
    if (!may_pass(answer.error())) return unreachable(std::move(answer.error()));
    if (!last) return {};
    const bool away = !away_.empty();
    if (!contacted_ || (away && transfer.position() == 0)) {
      return unreachable(std::move(answer.error()));
    }
    const auto who = away ? fmt::format("{}, where registry {} redirects to,", away_, host())
                          : "registry " + host();
    return std::move(answer.error())
        .context(fmt::format("{} breaks off {} after {} of {} bytes", who, transfer.what(),
                             transfer.position(), transfer.size()))
        .with_code(Code::registry)
        .with_hint(away ? "pull again: it goes on from there" : resume_hint);
  }
  const int status = answer->head.status;
  const bool too_short = status == 416;  // it has no bytes where we go on
  if (!is_success(status) && !too_short) {
    if (!last && is_transient(status)) return {};
    return from_answer(status, answer->body, asked(), transfer.what());
  }
  if (!last && !too_short) return {};
  return Error(Code::data_loss, fmt::format("{} ends {} after {} of {} bytes", asked(),
                                            transfer.what(), transfer.position(), transfer.size()))
      .with_hint(resume_hint);
}

Result<bool> Connection::greet() {
  http::Request request;
  request.url = endpoint().base + "/";
  const auto answer = TRY(get(request, max_error_body));
  const std::string what = "its API";
  if (answer.head.status == 401) {
    return Error(Code::registry, fmt::format("{} does not accept the credentials", host()))
        .with_hint("check the user name and the password or token");
  }
  if (!is_success(answer.head.status)) {
    return from_answer(answer.head.status, answer.body, host(), what);
  }
  return !peer_->authorizer.header().empty();
}

std::string name_of(const Descriptor& descriptor, const std::string& repository) {
  return fmt::format("{} of {}", descriptor.digest.text(), repository);
}

}  // namespace flintctl::oci
