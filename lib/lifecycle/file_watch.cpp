// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/file_watch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::lifecycle {
namespace {

constexpr std::size_t piece = 64U << 10U;
/// Whole pages go, and enough stays for an error to quote from.
constexpr std::uint64_t kept_bytes = 16U << 10U;

int milliseconds_until(std::optional<std::chrono::steady_clock::time_point> deadline) {
  if (!deadline) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
}

}  // namespace

Result<FileWatch> FileWatch::open(const std::string& path, std::uint64_t offset) {
  UniqueFd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify) return sys::last_error("creating an inotify instance");
  const auto folder = path.substr(0, path.rfind('/'));
  if (::inotify_add_watch(inotify.get(), folder.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
    return sys::last_error(fmt::format("watching {}", folder));
  }
  return FileWatch(path, offset, std::move(inotify));
}

Result<std::string> FileWatch::read() {
  auto file = sys::open(path_, O_RDONLY);
  if (!file) {
    if (file.error().code() == Code::not_found) return std::string();
    return std::move(file).error();
  }
  struct stat status {};
  if (::fstat(file->get(), &status) != 0) return sys::last_error(fmt::format("reading {}", path_));
  if (static_cast<std::uint64_t>(status.st_size) < offset_) offset_ = 0;
  if (const auto data = ::lseek(file->get(), static_cast<off_t>(offset_), SEEK_DATA); data >= 0) {
    offset_ = static_cast<std::uint64_t>(data);
  }
  std::string bytes(piece, '\0');
  const auto count = ::pread(file->get(), bytes.data(), bytes.size(), static_cast<off_t>(offset_));
  if (count < 0) return sys::last_error(fmt::format("reading {}", path_));
  bytes.resize(static_cast<std::size_t>(count));
  offset_ += static_cast<std::uint64_t>(count);
  return bytes;
}

Result<> FileWatch::make_room(std::uint64_t least) {
  if (offset_ < 2 * kept_bytes || TRY(sys::filesystem_space(path_)).available >= least) return {};
  const auto file = TRY(sys::open(path_, O_RDWR));
  const auto end = static_cast<off_t>((offset_ - kept_bytes) / kept_bytes * kept_bytes);
  if (::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, end) != 0 &&
      errno != EOPNOTSUPP) {
    return sys::last_error(fmt::format("making room in {}", path_));
  }
  return {};
}

void FileWatch::drain() {
  alignas(inotify_event) std::array<char, 4096> events{};
  while (::read(inotify_.get(), events.data(), events.size()) > 0) {
  }
}

Result<FileWatch::Wake> FileWatch::wait(
    int exit_fd, std::optional<std::chrono::steady_clock::time_point> deadline) {
  std::array<pollfd, 3> watched = {
      {{inotify_.get(), POLLIN, 0}, {exit_fd, POLLIN, 0}, {sys::interrupt_fd(), POLLIN, 0}}};
  const int ready = ::poll(watched.data(), watched.size(), milliseconds_until(deadline));
  if (ready < 0 && errno != EINTR) return sys::last_error(fmt::format("waiting for {}", path_));
  TRY(sys::check_interrupt());
  if (ready == 0) return Wake::timed_out;
  if (watched[1].revents != 0) return Wake::ended;
  drain();
  return Wake::changed;
}

}  // namespace flintctl::lifecycle
