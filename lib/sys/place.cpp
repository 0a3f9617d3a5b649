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

/// Configuration and programs.
constexpr std::string_view system_places[] = {"/bin",   "/boot",   "/etc",  "/lib", "/lib32",
                                              "/lib64", "/libx32", "/sbin", "/usr"};

/// What else a system has directly in /. hier(7), file-hierarchy(7).
constexpr std::string_view top_folders[] = {"/dev",  "/home", "/media", "/mnt", "/opt", "/proc",
                                            "/root", "/run",  "/srv",   "/sys", "/tmp", "/var"};

/// Folders below the top level that belong to the system. hier(7).
constexpr std::string_view system_folders[] = {
    "/run/lock",        "/run/log",       "/run/systemd",       "/run/udev",      "/run/user",
    "/usr/local/bin",   "/usr/local/etc", "/usr/local/include", "/usr/local/lib", "/usr/local/sbin",
    "/usr/local/share", "/usr/local/src", "/var/backups",       "/var/cache",     "/var/lib",
    "/var/local",       "/var/log",       "/var/mail",          "/var/opt",       "/var/run",
    "/var/spool",       "/var/tmp",       "/etc/systemd",       "/etc/default",   "/dev/shm",
};

constexpr std::string_view volatile_folders[] = {"/tmp", "/var/tmp", "/run", "/var/run", "/dev"};

/// Of an absolute path without links, "..", double and trailing slashes.
bool is_shared(const std::string& path) {
  if (std::count(path.begin(), path.end(), '/') < 2) return true;
  // All that lies directly in /usr is the distribution's.
  if (path.starts_with("/usr/") && std::count(path.begin(), path.end(), '/') == 2) return true;
  if (is_within(path, "/proc") || is_within(path, "/sys")) return true;
  if (is_within(path, "/dev") && !path.starts_with("/dev/shm/")) return true;
  return std::find(std::begin(system_folders), std::end(system_folders), path) !=
         std::end(system_folders);
}

/// A folder directly in / that no system has of itself, such as a disk's mount point.
bool is_own_top_folder(const std::string& path) {
  if (path == "/" || std::count(path.begin(), path.end(), '/') != 1) return false;
  return !is_system_place(path) &&
         std::find(std::begin(top_folders), std::end(top_folders), path) == std::end(top_folders);
}

}  // namespace

std::string plain_path(const std::string& path) {
  std::string text = std::filesystem::path(path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

bool is_within(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

bool is_system_place(const std::string& path) {
  const std::string plain = plain_path(path);
  return std::any_of(std::begin(system_places), std::end(system_places),
                     [&](std::string_view folder) { return is_within(plain, folder); });
}

bool is_shared_folder(const std::string& path) {
  if (is_shared(plain_path(path))) return true;
  std::error_code failed;
  const auto target = std::filesystem::weakly_canonical(path, failed);
  return !failed && is_shared(plain_path(target.string()));
}

Result<> refuse_shared_folder(std::string_view what, const std::string& path) {
  if (!is_shared_folder(path)) return {};
  if (const std::string plain = plain_path(path); is_own_top_folder(plain)) {
    return Error(Code::invalid_argument,
                 fmt::format("{} cannot be {}: it lies directly in /, where others may have a use "
                             "for it as well",
                             what, path))
        .with_hint(fmt::format("name a folder in it, such as {}/flintctl", plain));
  }
  return Error(Code::invalid_argument,
               fmt::format("{} cannot be {}: the whole host uses that folder", what, path))
      .with_hint("name a folder that nothing else uses, such as /srv/flintctl");
}

bool is_volatile(const std::string& path) {
  const std::string plain = plain_path(path);
  return std::any_of(std::begin(volatile_folders), std::end(volatile_folders),
                     [&](std::string_view folder) { return is_within(plain, folder); });
}

bool is_mount_point(const std::string& path) {
  struct statx status = {};
  if (::statx(AT_FDCWD, path.c_str(), 0, 0, &status) != 0) return false;
  return (status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace flintctl::sys
