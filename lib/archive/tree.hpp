// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::archive {

/// `name` as a path relative to the root: no leading, doubled or trailing slash, no "." and no
/// "..", where ".." at the root stays there. Empty for the root itself. As Go's filepath.Clean("/"
/// + name).
std::string clean_path(std::string_view name);

/// Whether ".." leads `name` above the root at any point, which clean_path() hides.
bool climbs_out(std::string_view name);

/// A file tree below a root that nothing leaves: folders are reached by openat2(2) with
/// RESOLVE_IN_ROOT or component by component, links are followed as if the root were "/", and what
/// is done to a file is done by its last name within an open folder.
class Tree {
 public:
  /// A folder of the tree, held open.
  struct Directory {
    UniqueFd fd;
    std::string path;       ///< canonical: relative to the root, no symbolic links; "" is the root
    bool inherits = false;  ///< set-group-ID or default ACL: new files do not get what they ask for
    [[nodiscard]] std::string child(std::string_view name) const;
  };

  /// `root` is an open directory. Needs umask(0) to create folders with the modes they should have.
  static Result<Tree> open(UniqueFd root);

  /// The folder at a clean path, links in it followed. Missing folders are created with mode 0755;
  /// a file in the way is an error (invalid_argument). Valid until refresh().
  Result<const Directory*> make_directory(std::string_view path);
  /// The same, but not_found when it is missing.
  Result<const Directory*> find_directory(std::string_view path);

  /// Removes a file or a whole folder from an open folder of the tree; fine when it is absent.
  Result<> remove(int parent, const std::string& name);

  /// To be called between members: forgets open folders that a removal may have made wrong, and all
  /// of them when they are many.
  void refresh();

  /// To be called when a folder begins or ceases to hand down its group or ACL.
  void forget_open() { stale_ = true; }

  /// Sets the times of what a clean path leads to, all links followed as if the root were "/".
  /// not_found when there is nothing.
  Result<> set_times(std::string_view path, const timespec& access, const timespec& modification);

 private:
  explicit Tree(UniqueFd root) : root_(std::move(root)) {}
  enum class Missing { create, fail };

  /// A folder by canonical path, whether its parents are open or not; none when it is no folder, or
  /// a link leads there.
  [[nodiscard]] UniqueFd open_plain(const std::string& path) const;
  Result<const Directory*> directory(std::string_view path, Missing missing);
  Result<std::unique_ptr<Directory>> walk(std::string_view path, Missing missing) const;

  UniqueFd root_;
  std::unordered_map<std::string, std::unique_ptr<Directory>> open_;
  std::string last_path_;
  const Directory* last_ = nullptr;
  bool stale_ =
      false;  ///< a folder or link was removed: what is open may not be what paths lead to
};

/// Names in an open folder, without "." and "..".
Result<std::vector<std::string>> names_in(int directory);

/// `rm -rf` of one name in an open folder, following nothing; fine when it is absent.
Result<> remove_recursively(int parent, const std::string& name);

}  // namespace flintctl::archive
