// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "thinpool/superblock.hpp"

namespace flintctl::thinpool {

/// The two files of a pool, and the name that the metadata has until the pool first worked: a
/// file of that name may be thrown away, one named `metadata` never.
struct BackingFiles {
  std::string directory;
  std::string data;
  std::string metadata;
  std::string unfinished_metadata;
};
BackingFiles backing_files(const std::string& directory);

/// What of a pool is there before anything is touched.
struct Survey {
  bool data_exists = false;
  bool metadata_exists = false;
  bool unfinished_exists = false;
  std::uint64_t data_bytes = 0;  ///< zero when there is none
  std::uint64_t metadata_bytes = 0;
  std::uint64_t allocated_bytes = 0;  ///< what both take on the filesystem now
  /// The metadata's, whichever name it has: an existing pool.
  std::optional<Superblock> superblock;
  /// The superblock is in `unfinished_metadata`: the pool worked, only its name was not yet given.
  bool superblock_unfinished = false;
};

/// Looks, and refuses what would destroy something: a metadata file with foreign content, data
/// without its metadata or the reverse, a data file shorter than the metadata says.
Result<Survey> survey(const BackingFiles& files);

/// When a file's space is taken from the host's filesystem.
enum class Allocation {
  sparse,  ///< as it is written: a full filesystem is then an I/O error inside the pool
  full,    ///< when the file is made
};

/// Sizes in bytes for files that are missing or blank and empty.
struct BackingSizes {
  std::uint64_t data = 0;
  std::uint64_t metadata = 0;
  Allocation allocation = Allocation::sparse;
};

/// Makes what a new pool lacks and remembers it, so that it can be taken away again.
class NewBacking {
 public:
  /// Sparse files (0600) in a private directory (0700); the first few MiB of the metadata are
  /// reserved, so that a full filesystem is found now. Leaves nothing behind on failure.
  static Result<NewBacking> create(const BackingFiles& files, const Survey& survey,
                                   const BackingSizes& sizes);

  /// The file that holds the metadata now.
  [[nodiscard]] const std::string& metadata() const { return metadata_; }
  /// Removes what create() made: files, then folders that are empty.
  void remove();
  /// Gives the metadata its lasting name. The pool must have worked.
  Result<> finish(const BackingFiles& files);

 private:
  NewBacking() = default;
  Result<> add(const std::string& path, std::uint64_t bytes, std::uint64_t reserved_bytes);

  std::string metadata_;
  std::vector<std::string> made_files_;
  std::vector<std::string> made_folders_;  // deepest first
};

/// rename(2) of the metadata to its lasting name, made durable.
Result<> name_metadata(const BackingFiles& files);

}  // namespace flintctl::thinpool
