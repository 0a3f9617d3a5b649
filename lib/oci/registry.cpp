// SPDX-License-Identifier: Apache-2.0
#include "oci/registry.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/unique_fd.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "oci/authorizer.hpp"
#include "oci/registry_error.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::oci {
namespace {

constexpr auto resume_hint =
    "pull again: it goes on from there; if it always ends there, the registry's copy is damaged";

constexpr int max_redirects = 10;
constexpr unsigned max_reconnects = 200;  // of one blob, however little each brought
constexpr std::size_t max_error_body = 16U << 10U;
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

/// "bytes 100-199/200" to 100; nothing when it is something else. RFC 9110, section 14.4.
std::optional<std::uint64_t> range_start(const std::string* field) {
  constexpr std::string_view unit = "bytes ";
  if (field == nullptr || !field->starts_with(unit)) return std::nullopt;
  std::uint64_t start = 0;
  const char* const end = field->data() + field->size();
  const auto [stop, error] = std::from_chars(field->data() + unit.size(), end, start);
  if (error != std::errc() || stop == end || *stop != '-') return std::nullopt;
  return start;
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

http::Url origin_of(const Reference& reference, Transport transport) {
  const std::string registry = reference.registry();
  const bool plain = transport == Transport::plain ||
                     (transport == Transport::automatic &&
                      http::is_loopback(reference.hostname()) && !registry.ends_with(":443"));
  http::Url url;
  url.scheme = plain ? "http" : "https";
  url.text = url.scheme + "://" + registry;
  return url;
}

}  // namespace

/// An answer that the network carried, whatever its status.
struct Answer {
  http::ResponseHead head;
  std::string body;  ///< of a success only where it was not given to a sink
};

/// One blob on its way: takes the bytes of each answer and passes each byte of the blob on once.
class Registry::Transfer {
 public:
  Transfer(const Descriptor& descriptor, std::uint64_t position, const Registry::Sink& sink,
           std::string what)
      : size_(descriptor.size), position_(position), sink_(sink), what_(std::move(what)) {}

  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool complete() const { return position_ == size_; }
  [[nodiscard]] const std::string& what() const { return what_; }

  /// Before each request: its answer is to begin at position().
  void begin() {
    first_ = true;
    to_skip_ = 0;
  }

  Result<> take(const http::ResponseHead& head, std::string_view bytes) {
    if (std::exchange(first_, false)) {
      if (head.status != 206) {
        to_skip_ = position_;  // it ignores Range and begins at the beginning
      } else if (range_start(head.headers.find("Content-Range")) != position_) {
        return Error(Code::data_loss, fmt::format("the registry sends another range of {}", what_));
      }
    }
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, bytes.size()));
    to_skip_ -= skipped;
    bytes.remove_prefix(skipped);
    if (bytes.size() > size_ - position_) {
      return Error(Code::data_loss,
                   fmt::format("the registry sends more than {} bytes for {}", size_, what_));
    }
    position_ += bytes.size();
    return bytes.empty() ? Result<>() : sink_(bytes);
  }

 private:
  std::uint64_t size_;
  std::uint64_t position_;
  const Registry::Sink& sink_;
  std::string what_;
  bool first_ = true;
  std::uint64_t to_skip_ = 0;
};

/// What must not be followed where.
enum class Redirects { any, no_downgrade };

class Registry::Session {
 public:
  Session(const Reference& reference, RegistryOptions options,
          std::shared_ptr<Authorizer> authorizer, http::Url origin, http::Client client)
      : reference_(reference),
        options_(std::move(options)),
        authorizer_(std::move(authorizer)),
        origin_(std::move(origin)),
        client_(std::move(client)) {}

  static Result<std::unique_ptr<Session>> open(const Reference& reference, RegistryOptions options,
                                               std::shared_ptr<Authorizer> authorizer);
  Result<std::unique_ptr<Session>> another() const {
    return open(reference_, options_, authorizer_);
  }

  bool answers() const { return answers_; }
  Result<Descriptor> resolve();
  Result<std::string> fetch(const Descriptor& descriptor, std::string_view kind, std::size_t limit);
  Result<> download(const Descriptor& descriptor, std::uint64_t offset, const Sink& sink,
                    const std::stop_token& stop);

 private:
  http::Request request(std::string method, std::string_view kind, const std::string& object) const;
  Result<Answer> exchange_once(const http::Request& request, const http::Sink& sink);
  Result<Answer> follow(http::Request request, const http::Sink& sink, Redirects redirects);
  Result<Answer> get(const http::Request& request, std::size_t limit, Redirects redirects);
  std::chrono::milliseconds pause(unsigned failures, const http::Headers& headers) const;
  unsigned allowed() const {
    return contacted_ ? options_.attempts : std::min(2U, options_.attempts);
  }
  Result<Descriptor> resolve_by_get();
  Result<Descriptor> checked(Descriptor descriptor) const;
  Result<> judge(Result<Answer>& answer, const Transfer& transfer, bool last) const;
  std::string name_of(const Descriptor& descriptor) const;
  const std::string& host() const { return reference_.host(); }

  Reference reference_;
  RegistryOptions options_;
  std::shared_ptr<Authorizer> authorizer_;
  http::Url origin_;
  http::Client client_;
  bool answers_ = false;
  bool contacted_ = false;  ///< the registry answered once: a failure is then more likely to pass
};

Result<std::unique_ptr<Registry::Session>> Registry::Session::open(
    const Reference& reference, RegistryOptions options, std::shared_ptr<Authorizer> authorizer) {
  http::ClientOptions http_options;
  http_options.ca_file = options.ca_file;
  http_options.timeouts = options.timeouts;
  auto client = TRY(http::Client::open(std::move(http_options)));
  auto origin = TRY(http::parse_url(origin_of(reference, options.transport).text));
  return std::make_unique<Session>(reference, std::move(options), std::move(authorizer),
                                   std::move(origin), std::move(client));
}

http::Request Registry::Session::request(std::string method, std::string_view kind,
                                         const std::string& object) const {
  http::Request request;
  request.method = std::move(method);
  std::string base = origin_.text;
  while (base.ends_with('/')) base.pop_back();
  request.url = fmt::format("{}/v2/{}/{}/{}", base, reference_.repository(), kind, object);
  if (kind == "manifests") {
    request.headers.add("Accept", fmt::format("{}, {}, {}, {}, */*", media_type::oci_index,
                                              media_type::oci_manifest, media_type::docker_list,
                                              media_type::docker_manifest));
  }
  return request;
}

/// One exchange; the body of a success goes to `sink`, that of a failure is kept for its message.
Result<Answer> Registry::Session::exchange_once(const http::Request& request,
                                                const http::Sink& sink) {
  Answer answer;
  const http::Sink sort = [&](const http::ResponseHead& head, std::string_view bytes) -> Result<> {
    if (is_success(head.status)) return sink(head, bytes);
    answer.body += bytes.substr(0, max_error_body - answer.body.size());
    return {};
  };
  answers_ = false;
  answer.head = TRY(client_.stream(request, sort));
  contacted_ = true;
  answers_ = answer.head.status < 500;
  return answer;
}

/// With redirects and one answer to a challenge.
Result<Answer> Registry::Session::follow(http::Request request, const http::Sink& sink,
                                         Redirects redirects) {
  http::Url url = TRY(http::parse_url(request.url));
  const http::Headers own = request.headers;
  bool challenged = false;
  for (int hop = 0; hop <= max_redirects;) {
    const bool at_home = url.same_origin(origin_);
    const std::string authorization = at_home ? authorizer_->header() : std::string();
    request.url = url.text;
    request.headers = own;
    if (!authorization.empty()) request.headers.add("Authorization", authorization);
    auto answer = TRY(exchange_once(request, sink));
    const int status = answer.head.status;
    if (status == 401 && at_home && !challenged) {
      challenged = true;
      TRY(authorizer_->renew(client_, url, answer.head.headers, authorization));
      continue;
    }
    const std::string* location = answer.head.headers.find("Location");
    const bool redirected =
        status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (!redirected || location == nullptr) return answer;
    auto next = TRY(http::resolve_url(url, *location).context("following a redirect"));
    if (url.scheme == "https" && next.scheme == "http" && redirects == Redirects::no_downgrade) {
      return Error(Code::registry,
                   fmt::format("{} redirects to {} without TLS", url.host, next.host));
    }
    url = std::move(next);
    ++hop;
  }
  return Error(Code::registry,
               fmt::format("{} redirects more than {} times", host(), max_redirects));
}

std::chrono::milliseconds Registry::Session::pause(unsigned failures,
                                                   const http::Headers& headers) const {
  if (const auto asked = retry_after(headers)) return *asked;
  return std::min(options_.first_wait * (1U << std::min(failures, 10U)), longest_wait);
}

/// With retries, and the whole body in memory.
Result<Answer> Registry::Session::get(const http::Request& request, std::size_t limit,
                                      Redirects redirects) {
  for (unsigned failures = 0;; ++failures) {
    std::string body;
    const http::Sink keep = [&](const http::ResponseHead&, std::string_view bytes) -> Result<> {
      body += bytes;
      if (body.size() <= limit) return {};
      return Error(Code::data_loss,
                   fmt::format("{} answers with more than {} bytes", host(), limit));
    };
    auto answer = follow(request, keep, redirects);
    const bool transient = answer ? is_transient(answer->head.status) : may_pass(answer.error());
    if (!transient || failures + 1 >= allowed()) {
      if (!answer) return from_http(std::move(answer.error()), host());
      if (is_success(answer->head.status)) answer->body = std::move(body);
      return answer;
    }
    TRY(wait(pause(failures, answer ? answer->head.headers : http::Headers{}), request.stop));
  }
}

/// A digest in the reference is what was asked for; the registry may not say otherwise.
Result<Descriptor> Registry::Session::checked(Descriptor descriptor) const {
  if (reference_.digest() && *reference_.digest() != descriptor.digest) {
    return Error(Code::data_loss,
                 fmt::format("{} answers with {} instead of {}", host(), descriptor.digest.text(),
                             reference_.digest()->text()));
  }
  const std::string& type = descriptor.media_type;
  if (media_type::is_index(type) || media_type::is_manifest(type)) return descriptor;
  return Error(Code::unimplemented, fmt::format("{} is no container image: its media type is '{}'",
                                                reference_.name(), type.substr(0, 120)));
}

Result<Descriptor> Registry::Session::resolve() {
  const auto answer = TRY(get(request("HEAD", "manifests", reference_.object()), max_manifest,
                              Redirects::no_downgrade));
  if (!is_success(answer.head.status)) return resolve_by_get();
  const auto& headers = answer.head.headers;
  const std::string* digest_text = headers.find("Docker-Content-Digest");
  const std::string* length_text = headers.find("Content-Length");
  const std::string type = without_parameters(headers.find("Content-Type"));
  if (digest_text == nullptr || length_text == nullptr || type.empty()) return resolve_by_get();
  auto digest = Digest::parse(*digest_text);
  std::uint64_t size = 0;
  std::from_chars(length_text->data(), length_text->data() + length_text->size(), size);
  if (!digest || size == 0) return resolve_by_get();
  if (size > max_manifest) {
    return Error(Code::data_loss, fmt::format("the manifest of {} is longer than {} bytes",
                                              reference_.name(), max_manifest));
  }
  return checked(Descriptor{type, *std::move(digest), size});
}

/// For registries whose HEAD says too little, and for their words about a failure.
Result<Descriptor> Registry::Session::resolve_by_get() {
  // A tag is only as good as the connection that resolved it.
  const auto answer = TRY(
      get(request("GET", "manifests", reference_.object()), max_manifest, Redirects::no_downgrade));
  if (!is_success(answer.head.status)) {
    return from_answer(answer.head.status, answer.body, host(), reference_.name());
  }
  const std::string type = without_parameters(answer.head.headers.find("Content-Type"));
  return checked(Descriptor{type, Digest::of(answer.body), answer.body.size()});
}

std::string Registry::Session::name_of(const Descriptor& descriptor) const {
  return fmt::format("{} of {}", descriptor.digest.text(), reference_.repository());
}

Result<std::string> Registry::Session::fetch(const Descriptor& descriptor, std::string_view kind,
                                             std::size_t limit) {
  const std::string what = name_of(descriptor);
  if (descriptor.size > limit) {
    return Error(Code::data_loss, fmt::format("{} is longer than {} bytes", what, limit));
  }
  auto answer = TRY(get(request("GET", kind, descriptor.digest.text()),
                        static_cast<std::size_t>(descriptor.size), Redirects::any)
                        .context("fetching " + what));
  if (!is_success(answer.head.status)) {
    return from_answer(answer.head.status, answer.body, host(), what);
  }
  if (answer.body.size() != descriptor.size || Digest::of(answer.body) != descriptor.digest) {
    return Error(Code::data_loss, fmt::format("{} sends other bytes for {}", host(), what));
  }
  return std::move(answer.body);
}

Result<> Registry::Session::download(const Descriptor& descriptor, std::uint64_t offset,
                                     const Sink& sink, const std::stop_token& stop) {
  Transfer transfer(descriptor, offset, sink, name_of(descriptor));
  unsigned failures = 0;
  for (unsigned round = 0; !transfer.complete(); ++round) {
    const std::uint64_t start = transfer.position();
    auto ask = request("GET", "blobs", descriptor.digest.text());
    ask.stop = stop;
    if (start > 0) ask.headers.add("Range", fmt::format("bytes={}-", start));
    transfer.begin();
    auto answer = follow(
        ask, [&](const auto& head, auto bytes) { return transfer.take(head, bytes); },
        Redirects::any);
    if (transfer.complete()) break;
    failures = transfer.position() > start ? 0 : failures + 1;
    TRY(judge(answer, transfer, failures >= allowed() || round >= max_reconnects));
    TRY(wait(pause(failures, answer ? answer->head.headers : http::Headers{}), stop));
  }
  return {};
}

/// Success when an unfinished transfer may be tried again, else the error that ends it.
Result<> Registry::Session::judge(Result<Answer>& answer, const Transfer& transfer,
                                  bool last) const {
  if (!answer) {
    if (!may_pass(answer.error())) return std::move(answer.error());
    if (!last) return {};
    if (!contacted_) return from_http(std::move(answer.error()), host());
    return std::move(answer.error())
        .context(fmt::format("registry {} breaks off {} after {} of {} bytes", host(),
                             transfer.what(), transfer.position(), transfer.size()))
        .with_code(Code::registry)
        .with_hint(resume_hint);
  }
  const int status = answer->head.status;
  const bool too_short = status == 416;  // it has no bytes where we go on
  if (!is_success(status) && !too_short) {
    if (!last && is_transient(status)) return {};
    return from_answer(status, answer->body, host(), transfer.what());
  }
  if (!last && !too_short) return {};
  return Error(Code::data_loss, fmt::format("{} ends {} after {} of {} bytes", host(),
                                            transfer.what(), transfer.position(), transfer.size()))
      .with_hint(resume_hint);
}

Registry::Registry(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;
Registry::~Registry() = default;

Result<Registry> Registry::open(const Reference& reference, RegistryOptions options) {
  auto authorizer = std::make_shared<Authorizer>(reference.repository(), options.credentials);
  return Registry(TRY(Session::open(reference, std::move(options), std::move(authorizer))));
}

Result<Registry> Registry::another() const { return Registry(TRY(session_->another())); }

bool Registry::answers() const { return session_->answers(); }

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

}  // namespace flintctl::oci
