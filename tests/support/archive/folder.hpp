// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/unique_fd.hpp"

namespace flintctl::testing {

/// A new folder, removed at scope exit.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "flintctl-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
    ::chmod(path_.c_str(), 0755);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] UniqueFd open() const {
    return UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  /// A file's bytes, or "<none>".
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    if (!file) return "<none>";
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
  }
  /// Whether there is anything of that name, a dangling link included.
  [[nodiscard]] bool has(const std::string& name) const {
    struct stat status = {};
    return ::lstat(path(name).c_str(), &status) == 0;
  }
  [[nodiscard]] struct stat status(const std::string& name) const {
    struct stat status = {};
    ::lstat(path(name).c_str(), &status);
    return status;
  }
  [[nodiscard]] unsigned mode(const std::string& name) const {
    return status(name).st_mode & 07777U;
  }
  [[nodiscard]] std::string link(const std::string& name) const {
    std::error_code ignored;
    return std::filesystem::read_symlink(path(name), ignored).string();
  }

 private:
  std::string path_;
};

}  // namespace flintctl::testing
