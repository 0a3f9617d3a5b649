// SPDX-License-Identifier: Apache-2.0
#include "tree_listing.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <ctime>
#include <filesystem>
#include <set>

#include "sys/file.hpp"
#include "sys/sha256.hpp"

namespace flintctl::archive {
namespace {

std::string xattrs_of(const std::string& path) {
  std::string names(4096, '\0');
  const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
  std::set<std::string> texts;
  for (const char* name = names.data(); length > 0 && name < names.data() + length;
       name += std::string(name).size() + 1) {
    std::string value(4096, '\0');
    const ssize_t size = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    texts.insert(fmt::format(" {}={}", name, sys::sha256_hex(value)));
  }
  std::string joined;
  for (const auto& text : texts) joined += text;
  return joined;
}

std::string content_of(const std::string& path, const struct stat& status) {
  if (S_ISLNK(status.st_mode)) return " -> " + std::filesystem::read_symlink(path).string();
  if (!S_ISREG(status.st_mode)) return "";
  return fmt::format(" {} {}", status.st_size,
                     sys::sha256_hex(sys::read_file(path, std::size_t{1} << 30U).value_or("?")));
}

/// A time that a layer set; what was made by the way has today's.
std::string time_of(const struct stat& status) {
  constexpr time_t day = 24 * 60 * 60;
  if (status.st_mtim.tv_sec > ::time(nullptr) - day) return "now";
  return fmt::format("{}.{}", status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

std::string describe(const std::string& path, const struct stat& status) {
  const bool device = S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
  return fmt::format("{:o} {}:{} dev {} mtime {}{}{}", status.st_mode, status.st_uid, status.st_gid,
                     device ? status.st_rdev : 0, time_of(status), content_of(path, status),
                     xattrs_of(path));
}

}  // namespace

std::map<std::string, std::string> list_tree(const std::string& root) {
  std::map<std::string, std::string> listing;
  std::map<ino_t, std::set<std::string>> names;
  for (const auto& item : std::filesystem::recursive_directory_iterator(root)) {
    const std::string path = item.path().string();
    const std::string name = path.substr(root.size());
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0) continue;
    listing[name] = describe(path, status);
    if (!S_ISDIR(status.st_mode)) names[status.st_ino].insert(name);
  }
  for (const auto& [inode, group] : names) {
    for (const auto& name : group) {
      if (group.size() > 1) listing[name] += " same as " + *group.begin();
    }
  }
  return listing;
}

}  // namespace flintctl::archive
