// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "core/unique_fd.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::http;

namespace {

/// Answers each connection to a unix socket with the same bytes and keeps what was asked.
class CannedServer {
 public:
  explicit CannedServer(std::string answer) : answer_(std::move(answer)) {
    char folder[] = "/tmp/flintctl-http-XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    folder_ = folder;
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~CannedServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    ::unlink(path().c_str());
    ::rmdir(folder_.c_str());
  }
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  [[nodiscard]] std::string path() const { return folder_ + "/s"; }
  [[nodiscard]] const std::string& asked() const { return asked_; }

 private:
  void serve() {
    for (;;) {
      const UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
      if (!peer) return;
      char buffer[4096];
      // One read holds a small request whole: it was written at once.
      const ssize_t count = ::read(peer.get(), buffer, sizeof buffer);
      if (count > 0) asked_.append(buffer, static_cast<std::size_t>(count));
      if (answer_ == "silence") {
        while (::read(peer.get(), buffer, sizeof buffer) > 0) {
        }
        continue;
      }
      (void)!::write(peer.get(), answer_.data(), answer_.size());
    }
  }

  std::string answer_;
  std::string folder_;
  std::string asked_;
  UniqueFd listener_;
  std::thread thread_;
};

ClientOptions at(const CannedServer& server) {
  ClientOptions options;
  options.unix_socket = server.path();
  return options;
}

Request get(const std::string& path) {
  Request request;
  request.url = "http://localhost" + path;
  return request;
}

}  // namespace

TEST_CASE("a JSON body is put to a unix socket, and an empty answer comes back") {
  const CannedServer server("HTTP/1.1 204 No Content\r\nServer: canned\r\n\r\n");
  auto client = Client::open(at(server));
  REQUIRE(client);
  Request request = get("/boot-source");
  request.method = "PUT";
  request.headers.add("Content-Type", "application/json");
  request.body = "{\"a\": 1}";
  const auto response = client->request(request);
  REQUIRE(response);
  CHECK(response->status == 204);
  CHECK(*response->headers.find("server") == "canned");
  CHECK(response->body.empty());
  CHECK(server.asked().starts_with("PUT /boot-source HTTP/1.1\r\n"));
  CHECK(server.asked().find("Content-Length: 8\r\n") != std::string::npos);
  CHECK(server.asked().ends_with("{\"a\": 1}"));
  CHECK(server.asked().find("Expect") == std::string::npos);
}

TEST_CASE("a status that says failure is no error here") {
  const CannedServer server("HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nwrong");
  auto client = std::move(*Client::open(at(server)));
  const auto response = client.request(get("/"));
  REQUIRE(response);
  CHECK(response->status == 400);
  CHECK(response->body == "wrong");
}

TEST_CASE("a body above the limit is refused") {
  const CannedServer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345");
  auto client = std::move(*Client::open(at(server)));
  CHECK(client.request(get("/"), 5));
  const auto response = client.request(get("/"), 4);
  REQUIRE_FALSE(response);
  CHECK(response.error().code() == Code::resource_exhausted);
}

TEST_CASE("a header above the limit is refused") {
  const CannedServer server("HTTP/1.1 200 OK\r\n" + std::string(600, 'x').insert(0, "A: ") +
                            "\r\n" +
                            [] {
                              std::string many;
                              for (int i = 0; i < 800; ++i)
                                many += "B: " + std::string(400, 'y') + "\r\n";
                              return many;
                            }() +
                            "Content-Length: 0\r\n\r\n");
  auto client = std::move(*Client::open(at(server)));
  const auto response = client.request(get("/"));
  REQUIRE_FALSE(response);
}

TEST_CASE("a body that ends early is unavailable, after the sink saw what came") {
  const CannedServer server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
  auto client = std::move(*Client::open(at(server)));
  std::string seen;
  const auto head = client.stream(get("/"), [&](const ResponseHead& one, std::string_view bytes) {
    CHECK(one.status == 200);
    seen += bytes;
    return Result<>();
  });
  REQUIRE_FALSE(head);
  CHECK(head.error().code() == Code::unavailable);
  CHECK(head.error().text().find("connection broken") != std::string::npos);
  CHECK(seen == "12345");
}

TEST_CASE("redirects are not followed") {
  const CannedServer server(
      "HTTP/1.1 302 Found\r\nLocation: http://localhost/b\r\nContent-Length: 0\r\n\r\n");
  auto client = std::move(*Client::open(at(server)));
  const auto response = client.request(get("/a"));
  REQUIRE(response);
  CHECK(response->status == 302);
  CHECK(server.asked().find("GET /b") == std::string::npos);
}

TEST_CASE("a silent peer is a timeout") {
  const CannedServer server("silence");
  auto options = at(server);
  options.timeouts.total = std::chrono::milliseconds(100);
  auto client = std::move(*Client::open(options));
  const auto response = client.request(get("/"));
  REQUIRE_FALSE(response);
  CHECK(response.error().code() == Code::deadline_exceeded);
}

TEST_CASE("a stop request ends an exchange with a silent peer") {
  const CannedServer server("silence");
  auto client = std::move(*Client::open(at(server)));
  std::stop_source stop;
  Request request = get("/");
  request.stop = stop.get_token();
  std::thread stopper([&] { stop.request_stop(); });
  const auto response = client.request(request);
  stopper.join();
  REQUIRE_FALSE(response);
  CHECK(response.error().code() == Code::cancelled);
}

TEST_CASE("nobody at the socket is unavailable") {
  ClientOptions options;
  options.unix_socket = "/tmp/flintctl-no-such-socket";
  auto client = std::move(*Client::open(options));
  const auto response = client.request(get("/"));
  REQUIRE_FALSE(response);
  CHECK(response.error().code() == Code::unavailable);
}

TEST_CASE("header values with line breaks and other schemes are refused") {
  auto client = std::move(*Client::open());
  Request request = get("/");
  request.headers.add("X", "a\r\nY: b");
  CHECK(client.request(request).error().code() == Code::invalid_argument);
  Request file;
  file.url = "file:///etc/passwd";
  CHECK(client.request(file).error().code() == Code::invalid_argument);
}
