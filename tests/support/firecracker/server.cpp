// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>
#include <vector>

namespace fake_firecracker {
namespace {

using flintctl::UniqueFd;

struct Connection {
  UniqueFd fd;
  std::string received;
};

std::size_t content_length(std::string head) {
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto at = head.find("content-length:");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 15));
}

/// Takes one whole request off the front of what came, if it is there.
std::optional<Request> take_request(std::string& received) {
  const auto end = received.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  const std::string head = received.substr(0, end);
  const std::size_t length = content_length(head);
  if (received.size() < end + 4 + length) return std::nullopt;
  Request request;
  const auto first = head.find(' ');
  request.method = head.substr(0, first);
  request.path = head.substr(first + 1, head.find(' ', first + 1) - first - 1);
  request.body = received.substr(end + 4, length);
  received.erase(0, end + 4 + length);
  return request;
}

void send_answer(int fd, const Answer& answer) {
  const std::string_view reason = answer.status == 204   ? "No Content"
                                  : answer.status == 200 ? "OK"
                                                         : "Bad Request";
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\nServer: Firecracker API\r\nConnection: keep-alive\r\n",
                  answer.status, reason);
  if (answer.status != 204) {
    text +=
        fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", answer.body.size());
  }
  text += "\r\n" + answer.body;
  (void)!::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

/// False when the peer has gone.
bool serve_once(Connection& connection, const std::function<Answer(const Request&)>& handle) {
  char buffer[65536];
  const ssize_t count = ::read(connection.fd.get(), buffer, sizeof buffer);
  if (count <= 0) return false;
  connection.received.append(buffer, static_cast<std::size_t>(count));
  while (const auto request = take_request(connection.received)) {
    const Answer answer = handle(*request);
    send_answer(connection.fd.get(), answer);
    answer.afterwards();
  }
  return true;
}

}  // namespace

bool listen_at(const std::string& path, UniqueFd& listener) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  listener.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
         ::listen(listener.get(), 8) == 0;
}

void serve(int listener, const std::function<Answer(const Request&)>& handle) {
  std::vector<Connection> connections;
  for (;;) {
    std::vector<pollfd> waits = {{listener, POLLIN, 0}};
    for (const auto& one : connections) waits.push_back({one.fd.get(), POLLIN, 0});
    (void)::poll(waits.data(), waits.size(), -1);
    for (std::size_t i = connections.size(); i > 0; --i) {
      if (waits[i].revents == 0 || serve_once(connections[i - 1], handle)) continue;
      connections.erase(connections.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    }
    if (waits[0].revents == 0) continue;
    UniqueFd accepted(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (accepted) connections.push_back({std::move(accepted), {}});
  }
}

}  // namespace fake_firecracker
