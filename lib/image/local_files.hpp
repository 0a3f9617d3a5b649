// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "image/spool_file.hpp"

namespace flintctl::archive {
class TarReader;
}

namespace flintctl::image {

/// The files that a saved image consists of, by their names: those of a folder, or the members of a
/// tar, compressed or not, from a file or a pipe.
class LocalFiles {
 public:
  /// Names are looked up below the folder, and nowhere else.
  static Result<LocalFiles> in_folder(const std::string& path);
  /// Reads the tar to its end. Members, of `most` bytes each, go to files in `spool`, a folder on a
  /// disk: see SpoolFile. invalid_argument for more of them than images have: a file system's.
  static Result<LocalFiles> in_tar(int fd, const std::string& spool, std::uint64_t most);

  struct File {
    UniqueFd fd;  ///< for reading, of its own, at the beginning
    std::uint64_t size = 0;
  };
  /// not_found when there is no such file.
  [[nodiscard]] Result<File> open(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& name) const { return open(name).has_value(); }
  /// A whole small file; resource_exhausted when it is longer than `limit` bytes.
  [[nodiscard]] Result<std::string> read(const std::string& name, std::size_t limit) const;

 private:
  LocalFiles() = default;
  Result<std::size_t> add(archive::TarReader& reader, const std::string& name,
                          const std::string& spool, std::uint64_t most);

  UniqueFd folder_;  ///< or
  /// By clean name. Small ones stay in memory: each SpoolFile takes a descriptor.
  std::map<std::string, std::variant<std::string, SpoolFile>> members_;
  std::map<std::string, std::string> links_;  ///< clean name to clean name
};

}  // namespace flintctl::image
