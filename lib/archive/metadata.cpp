// SPDX-License-Identifier: Apache-2.0
#include "archive/metadata.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <optional>

#include "archive/capabilities.hpp"
#include "sys/error.hpp"

namespace flintctl::archive {
namespace {

bool later(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

timespec bounded(const timespec& time) {
  constexpr time_t last = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
  return time.tv_sec < 0 || time.tv_sec > last ? timespec{} : time;
}

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool is_special(TarEntry::Type type) {
  using enum TarEntry::Type;
  return type == symlink || type == character_device || type == block_device || type == fifo;
}

/// True for a failure to set `name` that containerd ignores: filesystems without the attribute, and
/// user.* on what is neither file nor folder, which Linux refuses. xattr(7).
bool may_fail(const std::string& name, const TarEntry& entry, int error) {
  return error == ENOTSUP ||
         (error == EPERM && name.starts_with("user.") && is_special(entry.type));
}

/// Sets all attributes by `set(name, value)`, which returns 0 or -1 and errno.
template <typename Set>
Result<> set_xattrs(const TarEntry& entry, const Set& set) {
  for (const auto& [name, value] : entry.xattrs) {
    // The host's own bookkeeping (overlayfs, …) is no layer's business.
    if (name.starts_with("trusted.")) continue;
    std::optional<RaisedSysAdmin> raised;
    if (name.starts_with("security.") && name != "security.capability") raised.emplace();
    if (set(name, value) == 0 || may_fail(name, entry, errno)) continue;
    return sys::last_error(fmt::format("setting the attribute '{}'", name));
  }
  return {};
}

Result<> set_xattrs_at(int parent, const std::string& name, const TarEntry& entry) {
  if (entry.xattrs.empty()) return {};
  // There is no *at() form of lsetxattr in the kernels we run on.
  if (::fchdir(parent) != 0) return sys::last_error("entering a folder");
  return set_xattrs(entry, [&](const std::string& key, const std::string& value) {
    return ::lsetxattr(name.c_str(), key.c_str(), value.data(), value.size(), 0);
  });
}

}  // namespace

Ownership own_ids() { return {::geteuid(), ::getegid()}; }

Times bounded_times(const TarEntry& entry) {
  const timespec access =
      entry.atime && later(*entry.atime, entry.mtime) ? *entry.atime : entry.mtime;
  return {bounded(access), bounded(entry.mtime)};
}

Result<> check_numbers(const TarEntry& entry) {
  // The highest value means "leave as it is" to chown(2).
  constexpr std::int64_t highest_id = std::numeric_limits<std::uint32_t>::max() - 1;
  constexpr std::uint64_t highest_major = (1U << 12U) - 1;
  constexpr std::uint64_t highest_minor = (1U << 20U) - 1;
  const auto bad = [](std::int64_t id) { return id < 0 || id > highest_id; };
  if (bad(entry.uid) || bad(entry.gid)) {
    return Error(Code::invalid_argument,
                 fmt::format("owner {}:{} does not exist in Linux", entry.uid, entry.gid));
  }
  if (entry.device_major > highest_major || entry.device_minor > highest_minor) {
    return Error(Code::invalid_argument, fmt::format("device {}:{} does not exist in Linux",
                                                     entry.device_major, entry.device_minor));
  }
  return {};
}

Result<> set_metadata(int fd, const TarEntry& entry, Ownership owner, mode_t mode) {
  if (owner != Ownership{entry.uid, entry.gid}) {
    if (::fchown(fd, static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid)) != 0) {
      return sys::last_error("setting the owner");
    }
    if ((mode & 07000) != 0) mode = ~mode_t{0};  // some of these bits chown may take away
  }
  TRY(set_xattrs(entry, [&](const std::string& name, const std::string& value) {
    return ::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0);
  }));
  // An access ACL among the attributes changes the mode's group bits.
  if ((mode != entry.mode || !entry.xattrs.empty()) && ::fchmod(fd, entry.mode) != 0) {
    return sys::last_error("setting the mode");
  }
  return {};
}

Result<> set_metadata_at(int parent, const std::string& name, const TarEntry& entry) {
  struct stat now = {};
  if (::fstatat(parent, name.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0) {
    return sys::last_error("reading it back");
  }
  const bool chown = now.st_uid != entry.uid || now.st_gid != entry.gid;
  if (chown && ::fchownat(parent, name.c_str(), static_cast<uid_t>(entry.uid),
                          static_cast<gid_t>(entry.gid), AT_SYMLINK_NOFOLLOW) != 0) {
    return sys::last_error("setting the owner");
  }
  TRY(set_xattrs_at(parent, name, entry));
  const bool chmod = chown || !entry.xattrs.empty() || (now.st_mode & 07777) != entry.mode;
  // fchmodat follows links, but this is none: nobody else writes to this tree.
  if (chmod && !S_ISLNK(now.st_mode) && ::fchmodat(parent, name.c_str(), entry.mode, 0) != 0) {
    return sys::last_error("setting the mode");
  }
  const Times wanted = bounded_times(entry);
  if (same_time(now.st_mtim, wanted.modification) && same_time(now.st_atim, wanted.access)) {
    return {};
  }
  const timespec times[2] = {wanted.access, wanted.modification};
  if (::utimensat(parent, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
    return sys::last_error("setting the times");
  }
  return {};
}

}  // namespace flintctl::archive
