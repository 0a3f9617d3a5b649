// SPDX-License-Identifier: Apache-2.0
#include "sys/place.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace flintctl::sys {
namespace {

/// Folders below the top level that belong to the system. hier(7).
constexpr std::string_view system_folders[] = {
    "/run/lock",        "/run/log",       "/run/systemd",       "/run/udev",      "/run/user",
    "/usr/local/bin",   "/usr/local/etc", "/usr/local/include", "/usr/local/lib", "/usr/local/sbin",
    "/usr/local/share", "/usr/local/src", "/var/backups",       "/var/cache",     "/var/lib",
    "/var/local",       "/var/log",       "/var/mail",          "/var/opt",       "/var/run",
    "/var/spool",       "/var/tmp",       "/etc/systemd",       "/etc/default",   "/dev/shm",
};

constexpr std::string_view volatile_folders[] = {"/tmp", "/var/tmp", "/run", "/var/run", "/dev"};

bool is_or_is_below(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

/// Of an absolute path without links, "..", double and trailing slashes.
bool is_shared(const std::string& path) {
  if (std::count(path.begin(), path.end(), '/') < 2) return true;
  // All that lies directly in /usr is the distribution's.
  if (path.starts_with("/usr/") && std::count(path.begin(), path.end(), '/') == 2) return true;
  if (is_or_is_below(path, "/proc") || is_or_is_below(path, "/sys")) return true;
  if (is_or_is_below(path, "/dev") && !path.starts_with("/dev/shm/")) return true;
  return std::find(std::begin(system_folders), std::end(system_folders), path) !=
         std::end(system_folders);
}

std::string without_last_slash(std::string path) {
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

bool is_shared_folder(const std::string& path) {
  const std::filesystem::path given(path);
  if (is_shared(without_last_slash(given.lexically_normal().string()))) return true;
  std::error_code failed;
  const auto target = std::filesystem::weakly_canonical(given, failed);
  return !failed && is_shared(without_last_slash(target.string()));
}

Result<> refuse_shared_folder(std::string_view what, const std::string& path) {
  if (!is_shared_folder(path)) return {};
  return Error(Code::invalid_argument,
               fmt::format("{} cannot be {}: the whole host uses that folder", what, path))
      .with_hint("name a folder that nothing else uses, such as /srv/flintctl");
}

bool is_volatile(const std::string& path) {
  const std::string plain = std::filesystem::path(path).lexically_normal().string();
  return std::any_of(std::begin(volatile_folders), std::end(volatile_folders),
                     [&](std::string_view folder) { return is_or_is_below(plain, folder); });
}

bool is_mount_point(const std::string& path) {
  struct statx status = {};
  if (::statx(AT_FDCWD, path.c_str(), 0, 0, &status) != 0) return false;
  return (status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace flintctl::sys
