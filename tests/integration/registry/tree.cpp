// SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "sys/sha256.hpp"

namespace flintctl::image {
namespace {

std::string attributes_of(const std::string& path) {
  std::array<char, 4096> names{};
  const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
  std::set<std::string> attributes;
  for (ssize_t at = 0; at < length;) {
    const std::string name = names.data() + at;
    at += static_cast<ssize_t>(name.size()) + 1;
    if (name.starts_with("trusted.overlay.")) continue;
    std::array<char, 4096> value{};
    const ssize_t size = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    attributes.insert(name + "=" + std::string(value.data(), static_cast<std::size_t>(size)));
  }
  std::string text;
  for (const auto& attribute : attributes) text += " " + attribute;
  return text;
}

std::string content_of(const std::string& path, const struct stat& status) {
  if (S_ISLNK(status.st_mode)) return std::filesystem::read_symlink(path).string();
  if (!S_ISREG(status.st_mode)) return {};
  std::ifstream file(path, std::ios::binary);
  return sys::sha256_hex(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace

std::map<std::string, std::string> describe_tree(const std::string& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string path = entry.path().string();
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) continue;
    const bool folder = S_ISDIR(status.st_mode);
    files[path.substr(root.size())] =
        fmt::format("{:o} {}:{} size={} links={} time={} device={} {}{}", status.st_mode,
                    status.st_uid, status.st_gid, folder ? 0 : status.st_size,
                    folder ? 0 : status.st_nlink, folder ? 0 : status.st_mtim.tv_sec,
                    status.st_rdev, content_of(path, status), attributes_of(path));
  }
  return files;
}

}  // namespace flintctl::image
