// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include <fmt/format.h>
#include <sys/poll.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "http/libcurl.hpp"
#include "http/url.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::http {
namespace {

constexpr std::size_t max_header_bytes = 256U << 10U;
constexpr long slowest = 1024;  // bytes a second: what dribbles forever is not an answer
constexpr long receive_buffer = 256L << 10U;  // libcurl's default of 16 KiB costs a call each

struct FreeEasy {
  const Libcurl* curl;
  void operator()(CURL* easy) const { curl->easy_cleanup(easy); }
};
struct FreeMulti {
  const Libcurl* curl;
  void operator()(CURLM* multi) const { curl->multi_cleanup(multi); }
};
struct FreeList {
  const Libcurl* curl;
  void operator()(curl_slist* list) const { curl->slist_free_all(list); }
};
struct FreeUrl {
  const Libcurl* curl;
  void operator()(CURLU* url) const { curl->url_cleanup(url); }
};

/// What libcurl's callbacks fill; the error, if any, is what ended the transfer.
struct Exchange {
  ResponseHead head;
  std::size_t header_bytes = 0;
  const Sink* sink = nullptr;
  std::optional<Error> error;
};

/// "HTTP/1.1 200 OK" to 200; 0 when it is no status line.
int status_of(std::string_view line) {
  const auto space = line.find(' ');
  if (!line.starts_with("HTTP/") || space == std::string_view::npos) return 0;
  int status = 0;
  const char* const end = line.data() + line.size();
  std::from_chars(line.data() + space + 1, end, status);
  return status;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  exchange.header_bytes += line.size();
  if (exchange.header_bytes > max_header_bytes) {
    exchange.error = Error(Code::resource_exhausted, "the answer's header is longer than 256 KiB");
    return 0;
  }
  if (const int status = status_of(line); status != 0) {
    // An interim answer (100) or a proxy's own comes first; only the last one counts.
    exchange.head.status = status;
    exchange.head.headers.clear();
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    exchange.head.headers.add(std::string(trimmed(line.substr(0, colon))),
                              std::string(trimmed(line.substr(colon + 1))));
  }
  return line.size();
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view bytes(data, size * count);
  if (auto taken = (*exchange.sink)(exchange.head, bytes); !taken) {
    exchange.error = std::move(taken).error();
    return bytes.empty() ? 1 : 0;
  }
  return bytes.size();
}

Code code_of(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Code::invalid_argument;
    case CURLE_OPERATION_TIMEDOUT:
      return Code::deadline_exceeded;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return Code::permission_denied;
    default:
      return Code::unavailable;
  }
}

/// HTTP_PROXY, which libcurl does not read: in a CGI program a "Proxy" header of the request is
/// there. Others do, where REQUEST_METHOD says that this is none, and so do we.
const char* proxy_in_capitals(const std::string& url) {
  const auto value = [](const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr || *text == '\0' ? nullptr : text;
  };
  const bool asked = url.starts_with("http://") && value("http_proxy") == nullptr &&
                     value("REQUEST_METHOD") == nullptr;
  return asked ? value("HTTP_PROXY") : nullptr;
}

bool broken(CURLcode code) {
  return code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
         code == CURLE_SEND_ERROR || code == CURLE_HTTP2_STREAM || code == CURLE_HTTP2;
}

}  // namespace

struct Client::Impl {
  const Libcurl* curl;
  ClientOptions options;
  std::unique_ptr<CURLM, FreeMulti> multi;
  std::unique_ptr<CURL, FreeEasy> easy;  // ends before the multi handle it was in
  char message[CURL_ERROR_SIZE] = {};

  template <typename T>
  void set(CURLoption option, T value) {
    curl->easy_setopt(easy.get(), option, value);
  }

  std::string host_of(const std::string& url) const;
  void prepare(const Request& request, Exchange& exchange);
  void prepare_tls();
  void prepare_method(const Request& request);
  Result<CURLcode> drive(const Request& request);
  Error error_of(CURLcode code, const Request& request) const;
};

std::string Client::Impl::host_of(const std::string& url) const {
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl->url(), FreeUrl{curl});
  char* host = nullptr;
  if (curl->url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl->url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return {};
  }
  std::string name(host);
  curl->free(host);
  return name;
}

void Client::Impl::prepare(const Request& request, Exchange& exchange) {
  curl->easy_reset(easy.get());
  message[0] = '\0';
  set(CURLOPT_ERRORBUFFER, message);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_USERAGENT, options.user_agent.c_str());
  set(CURLOPT_BUFFERSIZE, receive_buffer);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.timeouts.connect.count()));
  if (options.timeouts.stall.count() > 0) {
    set(CURLOPT_LOW_SPEED_LIMIT, slowest);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.timeouts.stall.count()));
  }
  if (options.timeouts.total) {
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeouts.total->count()));
  }
  prepare_tls();
  if (!options.unix_socket.empty()) {
    set(CURLOPT_UNIX_SOCKET_PATH, options.unix_socket.c_str());
    set(CURLOPT_PROXY, "");
  } else if (is_loopback(host_of(request.url))) {
    set(CURLOPT_PROXY, "");
  } else if (const char* proxy = proxy_in_capitals(request.url)) {
    set(CURLOPT_PROXY, proxy);
  }
  prepare_method(request);
}

void Client::Impl::prepare_tls() {
  const Tls& tls = options.tls;
  if (!tls.ca_file.empty()) {
    set(CURLOPT_CAINFO, tls.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }
  if (!tls.authorities.empty()) {  // beside the system's folder, which stays
    curl_blob blob{const_cast<char*>(tls.authorities.data()), tls.authorities.size(),
                   CURL_BLOB_NOCOPY};
    set(CURLOPT_CAINFO_BLOB, &blob);
  }
  if (!tls.certificate_file.empty()) {
    const std::string& key = tls.key_file.empty() ? tls.certificate_file : tls.key_file;
    set(CURLOPT_SSLCERT, tls.certificate_file.c_str());
    set(CURLOPT_SSLKEY, key.c_str());
  }
  if (tls.check == PeerCheck::none) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

void Client::Impl::prepare_method(const Request& request) {
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method != "GET") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

/// Runs the transfer to its end. poll(2) wakes for the peer, an interrupt and a stop request.
Result<CURLcode> Client::Impl::drive(const Request& request) {
  const std::stop_callback wake(request.stop, [this] { curl->multi_wakeup(multi.get()); });
  for (;;) {
    int running = 0;
    if (curl->multi_perform(multi.get(), &running) != CURLM_OK) {
      return Error(Code::internal, "libcurl cannot go on with a transfer");
    }
    int left = 0;
    while (const CURLMsg* done = curl->multi_info_read(multi.get(), &left)) {
      if (done->msg == CURLMSG_DONE) return CURLcode{done->data.result};
    }
    if (running == 0) return Error(Code::internal, "a transfer ended without a result");
    TRY(sys::check_interrupt());
    if (request.stop.stop_requested()) return Error(Code::cancelled, "stopped");
    curl_waitfd interrupt{};
    interrupt.fd = sys::interrupt_fd();
    interrupt.events = CURL_WAIT_POLLIN;
    curl->multi_poll(multi.get(), &interrupt, interrupt.fd >= 0 ? 1 : 0, 1000, nullptr);
  }
}

Error Client::Impl::error_of(CURLcode code, const Request& request) const {
  std::string reason = message[0] != '\0' ? message : curl->easy_strerror(code);
  if (broken(code)) reason = "connection broken: " + reason;
  Code kind = code_of(code);
  if (code == CURLE_UNSUPPORTED_PROTOCOL && request.url.starts_with("http")) {
    // libcurl's word for an answer without a status line, too: it takes that for HTTP/0.9.
    kind = Code::unavailable;
    reason = "the answer is no HTTP";
  }
  Error error(kind, fmt::format("{} {}: {}", request.method, shown_url(request.url), reason));
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return std::move(error).with_hint("check the name and this host's DNS");
    case CURLE_COULDNT_CONNECT:
      return std::move(error).with_hint("check that something listens there, and proxies");
    case CURLE_PEER_FAILED_VERIFICATION:
      return std::move(error).with_hint("install the authority that signed its certificate");
    default:
      return error;
  }
}

Result<Client> Client::open(ClientOptions options) {
  const Libcurl* curl = TRY(Libcurl::get());
  auto impl = std::make_unique<Impl>(Impl{curl,
                                          std::move(options),
                                          {curl->multi_init(), FreeMulti{curl}},
                                          {curl->easy_init(), FreeEasy{curl}},
                                          {}});
  if (!impl->multi || !impl->easy) {
    return Error(Code::resource_exhausted, "libcurl cannot make a handle");
  }
  return Client(std::move(impl));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Response> Client::request(const Request& request, std::size_t body_limit) {
  Response response;
  const Sink keep = [&](const ResponseHead&, std::string_view bytes) -> Result<> {
    if (response.body.size() + bytes.size() > body_limit) {
      return Error(Code::resource_exhausted,
                   fmt::format("{} {}: the answer is longer than {} bytes", request.method,
                               shown_url(request.url), body_limit));
    }
    response.body += bytes;
    return {};
  };
  ResponseHead head = TRY(stream(request, keep));
  response.status = head.status;
  response.headers = std::move(head.headers);
  return response;
}

Result<ResponseHead> Client::stream(const Request& request, const Sink& sink) {
  Exchange exchange;
  exchange.sink = &sink;
  impl_->prepare(request, exchange);

  std::unique_ptr<curl_slist, FreeList> fields(nullptr, FreeList{impl_->curl});
  const auto add = [&](const std::string& line) {
    fields.reset(impl_->curl->slist_append(fields.release(), line.c_str()));
  };
  add("Expect:");  // no pause for "100 Continue" before a small body
  for (const auto& [name, value] : request.headers.fields()) {
    if (value.find_first_of("\r\n") != std::string::npos) {
      return Error(Code::invalid_argument, fmt::format("header {} holds a line break", name));
    }
    add(value.empty() ? name + ";" : name + ": " + value);
  }
  impl_->set(CURLOPT_HTTPHEADER, fields.get());

  impl_->curl->multi_add_handle(impl_->multi.get(), impl_->easy.get());
  auto done = impl_->drive(request);
  impl_->curl->multi_remove_handle(impl_->multi.get(), impl_->easy.get());
  if (exchange.error) return *std::move(exchange.error);
  const CURLcode code = TRY(std::move(done));
  if (code != CURLE_OK) return impl_->error_of(code, request);
  return std::move(exchange.head);
}

}  // namespace flintctl::http
