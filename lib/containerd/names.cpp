// SPDX-License-Identifier: Apache-2.0
#include "containerd/names.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "core/unique_fd.hpp"
#include "sys/error.hpp"

namespace flintctl::containerd {
namespace {

constexpr std::string_view start_hint =
    "start it with `flintctl containerd start`, or name another socket with --containerd-address";

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_joint(char c) { return c == '.' || c == '_' || c == '-'; }

Error cannot_connect(int number, const std::string& path) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return Error(Code::host_not_ready, fmt::format("containerd's socket {} does not exist", path))
          .with_hint(std::string(start_hint));
    case ECONNREFUSED:
      return Error(Code::host_not_ready,
                   fmt::format("nothing listens at containerd's socket {}", path))
          .with_hint(std::string(start_hint));
    case EACCES:
    case EPERM:
      return Error(Code::permission_denied,
                   fmt::format("containerd's socket {} may not be opened by this user", path))
          .with_hint("run flintctl as root");
    default:
      return sys::from_errno(number, fmt::format("connecting to containerd's socket {}", path));
  }
}

}  // namespace

Result<> check_labels(const Labels& labels) {
  constexpr std::size_t limit = 4096;
  for (const auto& [key, value] : labels) {
    if (key.empty()) return Error(Code::invalid_argument, "a label has an empty key");
    if (key.size() + value.size() > limit) {
      return Error(Code::invalid_argument,
                   fmt::format("label '{}' has {} bytes with its value, more than containerd's {}",
                               key.substr(0, 64), key.size() + value.size(), limit));
    }
  }
  return {};
}

Result<> check_namespace(std::string_view name) {
  bool good = !name.empty() && name.size() <= 76 && is_word_character(name.back());
  char last = '.';
  for (const char c : name) {
    good = good && (is_word_character(c) || (is_joint(c) && !is_joint(last)));
    last = c;
  }
  if (good) return {};
  return Error(Code::invalid_argument, fmt::format("'{}' is no containerd namespace", name))
      .with_hint("at most 76 letters and digits, in groups joined by '.', '_' or '-'");
}

Result<std::string> socket_path(std::string_view address) {
  std::string_view path = address;
  if (constexpr std::string_view scheme = "unix://"; path.starts_with(scheme)) {
    path.remove_prefix(scheme.size());
  }
  if (!path.starts_with('/')) {
    return Error(Code::invalid_argument,
                 fmt::format("'{}' is no address of a containerd socket", address))
        .with_hint("give an absolute path such as /run/containerd/containerd.sock");
  }
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Error(Code::invalid_argument,
                 fmt::format("socket path '{}' has {} bytes; the kernel takes at most {}", path,
                             path.size(), sizeof(sockaddr_un::sun_path) - 1));
  }
  return std::string(path);
}

Result<> check_listening(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
    return Error(Code::host_not_ready, fmt::format("{} is no socket", path))
        .with_hint("name containerd's socket with --containerd-address");
  }
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return sys::last_error("making a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  // The kernel's interface takes every address family through one pointer type.
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(fd.get(), generic, sizeof(address)) == 0) return {};
  const int number = errno;
  if (number == EAGAIN) return {};  // it listens, its queue is full
  return cannot_connect(number, path);
}

}  // namespace flintctl::containerd
