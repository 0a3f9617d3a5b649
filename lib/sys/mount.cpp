// SPDX-License-Identifier: Apache-2.0
#include "sys/mount.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::sys {
namespace {

/// Undoes the octal escapes (\040 for a blank) of /proc/self/mountinfo. proc(5).
std::string unescape(const std::string& field) {
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size()) {
      const int value = (field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0');
      text += static_cast<char>(value);
      i += 3;
    } else {
      text += field[i];
    }
  }
  return text;
}

struct Mounted {
  std::string device;
  std::string point;
};

std::vector<Mounted> parse_mountinfo(const std::string& table) {
  std::vector<Mounted> mounts;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id;
    std::string parent;
    std::string device;
    std::string root;
    std::string point;
    fields >> id >> parent >> device >> root >> point;
    mounts.push_back({device, unescape(point)});
  }
  return mounts;
}

Result<std::vector<std::string>> mount_points() {
  const std::string table = TRY(read_file("/proc/self/mountinfo"));
  std::vector<std::string> points;
  for (Mounted& mounted : parse_mountinfo(table)) points.push_back(std::move(mounted.point));
  return points;
}

}  // namespace

Result<> mount(const std::string& source, const std::string& target, const std::string& type,
               unsigned long flags, const std::string& options) {
  if (::mount(source.c_str(), target.c_str(), type.empty() ? nullptr : type.c_str(), flags,
              options.empty() ? nullptr : options.c_str()) != 0) {
    return last_error(fmt::format("mounting {} at {}", source, target));
  }
  return {};
}

Result<> unmount(const std::string& target) {
  // A process that looks into the mount for a moment (udev, a file indexer) makes it busy.
  constexpr int tries = 50;
  constexpr int pause_ms = 100;
  for (int attempt = 1;; ++attempt) {
    if (::umount2(target.c_str(), UMOUNT_NOFOLLOW) == 0) return {};
    if (errno == EINVAL || errno == ENOENT) return {};
    if (errno != EBUSY || attempt == tries) {
      return last_error(fmt::format("unmounting {}", target));
    }
    (void)::poll(nullptr, 0, pause_ms);
  }
}

Result<> unshare_mounts() {
  if (::unshare(CLONE_NEWNS) != 0) return last_error("creating a mount namespace");
  return mount("none", "/", "", MS_REC | MS_PRIVATE);
}

Result<bool> is_mounted(const std::string& target) {
  const auto points = TRY(mount_points());
  return std::find(points.begin(), points.end(), target) != points.end();
}

Result<std::vector<std::string>> mounts_below(const std::string& prefix) {
  auto points = TRY(mount_points());
  std::erase_if(points, [&](const std::string& point) {
    return point != prefix && !point.starts_with(prefix + "/");
  });
  // The table lists mounts in the order they were made: the last is the innermost.
  std::reverse(points.begin(), points.end());
  return points;
}

std::string mount_point_of(const std::string& mountinfo, const std::string& device) {
  for (Mounted& mounted : parse_mountinfo(mountinfo)) {
    if (mounted.device == device) return std::move(mounted.point);
  }
  return {};
}

}  // namespace flintctl::sys
