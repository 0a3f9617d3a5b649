// SPDX-License-Identifier: Apache-2.0
#include "containerd/glance.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "containerd/http2.hpp"
#include "containerd/names.hpp"
#include "containerd/plugins.hpp"
#include "containerd/services/introspection/v1/introspection.pb.h"
#include "containerd/services/version/v1/version.pb.h"
#include "core/unique_fd.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::containerd {
namespace {

namespace introspection = ::containerd::services::introspection::v1;
namespace version = ::containerd::services::version::v1;

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t version_stream = 1;
constexpr std::uint32_t plugins_stream = 3;
constexpr std::size_t longest_answer = std::size_t{1} << 20U;

std::string requests() {
  introspection::PluginsRequest plugins;
  // Filters are an OR.
  plugins.add_filters("type==io.containerd.snapshotter.v1");
  plugins.add_filters("type==io.containerd.metadata.v1");
  return http2_request(version_stream, "/containerd.services.version.v1.Version/Version", {}) +
         http2_request(plugins_stream,
                       "/containerd.services.introspection.v1.Introspection/Plugins",
                       plugins.SerializeAsString());
}

UniqueFd connect_to(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());  // shorter: socket_path() saw to that
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (!fd || ::connect(fd.get(), generic, sizeof address) != 0) return {};
  return fd;
}

/// False when the time is over, or an interrupt came.
bool wait_readable(int fd, Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    std::array<pollfd, 2> watched = {{{fd, POLLIN, 0}, {sys::interrupt_fd(), POLLIN, 0}}};
    const int ready =
        left <= 0 ? 0 : ::poll(watched.data(), watched.size(), static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && watched[1].revents == 0;
  }
}

/// Some hundred bytes at a time: a peer that does not take them at once is not well.
bool send_all(int fd, const std::string& bytes) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

bool exchange(int fd, Http2Answers& answers, Clock::time_point deadline) {
  if (!send_all(fd, http2_opening() + requests())) return false;
  std::array<char, 16384> buffer{};
  std::size_t total = 0;
  while (!answers.ended(version_stream) || !answers.ended(plugins_stream)) {
    if (!wait_readable(fd, deadline)) return false;
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EAGAIN) continue;
    if (count <= 0) return false;
    total += static_cast<std::size_t>(count);
    if (total > longest_answer) return false;
    if (!answers.take({buffer.data(), static_cast<std::size_t>(count)})) return false;
    const std::string reply = answers.reply();
    if (!reply.empty() && !send_all(fd, reply)) return false;
  }
  return true;
}

/// gRPC's trailers are not read: a server sends a message only when the call succeeded.
std::optional<Glance> read(const Http2Answers& answers) {
  const auto version_bytes = answers.message(version_stream);
  const auto plugins_bytes = answers.message(plugins_stream);
  version::VersionResponse version;
  introspection::PluginsResponse plugins;
  if (!version_bytes || !version.ParseFromString(*version_bytes) || version.version().empty() ||
      !plugins_bytes || !plugins.ParseFromString(*plugins_bytes) || plugins.plugins_size() == 0) {
    return std::nullopt;
  }
  return Glance{0, {version.version(), version.revision()}, to_plugins(plugins)};
}

}  // namespace

std::optional<Glance> glance(const std::string& address, std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  const auto path = socket_path(address);
  if (!path) return std::nullopt;
  const UniqueFd fd = connect_to(*path);
  ucred peer = {};
  socklen_t length = sizeof peer;
  if (!fd || ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
    return std::nullopt;
  }
  Http2Answers answers;
  if (!exchange(fd.get(), answers, deadline)) return std::nullopt;
  auto seen = read(answers);
  if (seen) seen->pid = peer.pid;
  return seen;
}

}  // namespace flintctl::containerd
