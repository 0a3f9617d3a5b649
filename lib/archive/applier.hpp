// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "archive/metadata.hpp"
#include "archive/tar_reader.hpp"
#include "archive/tree.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// Applies one layer to a tree, member by member, so that the result is what containerd's own
/// applier makes of it (archive/tar.go): whiteouts and opaque folders remove what lower layers had,
/// a member replaces what is in its place except a folder over a folder, owners are set before
/// modes and modes after attributes, and the times of folders at the end.
///
/// Needs umask(0), and the right to chdir: call it on a thread with a working directory of its own
/// (unshare(CLONE_FS)) when other threads run.
class Applier {
 public:
  explicit Applier(Tree& tree) : tree_(tree), own_ids_(own_ids()) {}

  /// Applies the whole archive. Errors name the member. resource_exhausted after `max_entries`.
  Result<> apply(TarReader& reader, std::uint64_t max_entries);

  [[nodiscard]] std::uint64_t entries() const { return entries_; }

 private:
  /// Where a member goes.
  struct Place {
    const Tree::Directory& parent;
    const std::string& name;
  };
  struct DirectoryTime {
    std::string path;
    timespec access;
    timespec modification;
  };

  Result<> apply_member(TarReader& reader, const TarEntry& entry);
  Result<bool> apply_whiteout(const Place& place);
  Result<> clear_opaque(int directory, const std::string& path);
  Result<> create(TarReader& reader, const TarEntry& entry, const Place& place);
  Result<> create_file(TarReader& reader, const TarEntry& entry, const Place& place);
  Result<> create_directory(const TarEntry& entry, const Place& place);
  Result<> create_hard_link(const TarEntry& entry, const Place& place);
  Result<> create_other(const TarEntry& entry, const Place& place);
  Result<> make_way(const Place& place);
  Result<> set_directory_times();

  Tree& tree_;
  Ownership own_ids_;
  std::uint64_t entries_ = 0;
  /// Hashes of canonical paths, which opaque markers spare.
  std::unordered_set<std::uint64_t> unpacked_;
  std::vector<DirectoryTime> directory_times_;
};

}  // namespace flintctl::archive
