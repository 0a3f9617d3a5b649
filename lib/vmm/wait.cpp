// SPDX-License-Identifier: Apache-2.0
#include "vmm/wait.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"
#include "vmm/last_words.hpp"
#include "vmm/launch.hpp"

namespace flintctl::vmm {
namespace {

/// Between bind(2) and listen(2) of the other side no event tells when to try again.
constexpr auto listen_gap = std::chrono::milliseconds(5);

Result<UniqueFd> watch_folder(const std::string& path) {
  UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch) return sys::last_error("making an inotify watch");
  if (::inotify_add_watch(watch.get(), path.c_str(), IN_CREATE | IN_MOVED_TO) < 0) {
    return sys::last_error(fmt::format("watching {}", path));
  }
  return watch;
}

/// Takes the events that were reported, so that the next poll(2) waits for new ones.
void acknowledge(int folder, int exits) {
  char buffer[4096];
  while (::read(folder, buffer, sizeof buffer) > 0) {
  }
  (void)!::pread(exits, buffer, sizeof buffer, 0);
}

}  // namespace

std::chrono::milliseconds Deadline::left() const {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(end_ - std::chrono::steady_clock::now());
  return std::max(left, milliseconds(0));
}

Result<UniqueFd> connect_unix(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error(Code::invalid_argument, fmt::format("the socket path {} is too long", path));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return sys::last_error("making a unix socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return sys::last_error(fmt::format("connecting to {}", path)).with_code(Code::unavailable);
  }
  return fd;
}

Error explain_failure(const Instance& instance, std::string_view provider, Error failure) {
  constexpr auto longest_end = std::chrono::seconds(2);
  if (failure.code() != Code::unavailable) return failure;
  if (!wait_exit(instance.uid, longest_end)) return failure;
  return ended_early(instance, provider);
}

Result<UniqueFd> await_control_socket(const Instance& instance, std::string_view provider,
                                      const Deadline& deadline) {
  const UniqueFd folder = TRY(watch_folder(instance.run_directory));
  const UniqueFd exits = TRY(exit_events(instance.uid));
  const std::string path = control_socket(instance);
  for (;;) {
    auto connected = connect_unix(path);
    if (connected) return connected;
    const bool bound = sys::exists(path);
    if (!TRY(alive(instance.uid))) return ended_early(instance, provider);
    TRY(sys::check_interrupt());
    const auto left = deadline.left();
    if (left.count() == 0) {
      return Error(Code::deadline_exceeded,
                   fmt::format("{} does not listen at {}", provider, path));
    }
    pollfd events[] = {
        {folder.get(), POLLIN, 0}, {exits.get(), POLLPRI, 0}, {sys::interrupt_fd(), POLLIN, 0}};
    (void)::poll(events, 3, static_cast<int>((bound ? std::min(left, listen_gap) : left).count()));
    acknowledge(folder.get(), exits.get());
  }
}

}  // namespace flintctl::vmm
