// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/fanotify.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "core/unique_fd.hpp"
#include "support/catch.hpp"

namespace flintctl::testing {

/// Holds whoever opens the file of one name in a file system, by whatever mount, until it is killed
/// or this object ends. Everybody else who opens a file there waits for the thread of this object,
/// which is why it must not be a file system that the test itself uses. fanotify(7).
class HeldOpen {
 public:
  /// `mount_point`: of the file system.
  HeldOpen(const std::string& mount_point, std::string name) : name_(std::move(name)) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    stop_read_ = UniqueFd(ends[0]);
    stop_write_ = UniqueFd(ends[1]);
    events_ = UniqueFd(::fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC));
    REQUIRE(events_.get() >= 0);
    REQUIRE(::fanotify_mark(events_.get(), FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_PERM,
                            AT_FDCWD, mount_point.c_str()) == 0);
    thread_ = std::thread([this] { answer(); });
  }
  HeldOpen(const HeldOpen&) = delete;
  HeldOpen& operator=(const HeldOpen&) = delete;
  ~HeldOpen() {
    stop_write_.reset();
    thread_.join();
  }

  /// Waits until somebody is held, at most 20 seconds. Their process, or 0.
  [[nodiscard]] pid_t wait() {
    auto held = held_.get_future();
    return held.wait_for(std::chrono::seconds(20)) == std::future_status::ready ? held.get() : 0;
  }

 private:
  void answer() {
    std::array<pollfd, 2> ready{{{events_.get(), POLLIN, 0}, {stop_read_.get(), POLLIN, 0}}};
    alignas(fanotify_event_metadata) std::array<char, 4096> buffer{};
    for (;;) {
      if (::poll(ready.data(), ready.size(), -1) < 0) continue;
      if (ready[1].revents != 0) return;
      auto length = ::read(events_.get(), buffer.data(), buffer.size());
      auto* event = reinterpret_cast<fanotify_event_metadata*>(buffer.data());
      for (; FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length)) take(*event);
    }
  }

  void take(const fanotify_event_metadata& event) {
    UniqueFd file(event.fd);
    const auto link = fmt::format("/proc/self/fd/{}", event.fd);
    if (held_files_.empty() && std::filesystem::read_symlink(link).filename() == name_) {
      held_files_.push_back(std::move(file));
      held_.set_value(event.pid);
      return;
    }
    const fanotify_response allowed{event.fd, FAN_ALLOW};
    (void)::write(events_.get(), &allowed, sizeof allowed);
  }

  std::string name_;
  UniqueFd stop_read_;
  UniqueFd stop_write_;
  std::vector<UniqueFd> held_files_;
  UniqueFd events_;  ///< when it is closed, who is held goes on
  std::promise<pid_t> held_;
  std::thread thread_;
};

}  // namespace flintctl::testing
