// SPDX-License-Identifier: Apache-2.0
#include "archive/tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>

#include "sys/error.hpp"

namespace flintctl::archive {
namespace {

constexpr std::size_t max_open = 256;
constexpr int max_links = 255;  // Go's containerd/continuity/fs.RootPath has the same
constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

Result<std::unique_ptr<Tree::Directory>> describe(UniqueFd fd, std::string path) {
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) return sys::last_error(fmt::format("reading '{}'", path));
  const bool group = (status.st_mode & S_ISGID) != 0;
  const bool acl = ::fgetxattr(fd.get(), "system.posix_acl_default", nullptr, 0) > 0;
  auto directory = std::make_unique<Tree::Directory>();
  directory->fd = std::move(fd);
  directory->path = std::move(path);
  directory->inherits = group || acl;
  return directory;
}

void push_components(std::deque<std::string>& pending, std::string_view path) {
  std::vector<std::string> components;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto component = path.substr(0, slash);
    if (!component.empty() && component != ".") components.emplace_back(component);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  pending.insert(pending.begin(), components.begin(), components.end());
}

Result<std::string> read_link(int directory, const std::string& name) {
  char target[PATH_MAX];
  const ssize_t length = ::readlinkat(directory, name.c_str(), target, sizeof target);
  if (length < 0) return sys::last_error(fmt::format("reading the link '{}'", name));
  return std::string(target, static_cast<std::size_t>(length));
}

/// The folders from the root to where a walk is.
class Trail {
 public:
  explicit Trail(int root) : root_(root) {}
  [[nodiscard]] int here() const { return steps_.empty() ? root_ : steps_.back().fd.get(); }
  void down(UniqueFd fd, std::string name) { steps_.push_back({std::move(fd), std::move(name)}); }
  void up() {
    if (!steps_.empty()) steps_.pop_back();
  }
  void restart() { steps_.clear(); }
  [[nodiscard]] std::string path() const {
    std::string path;
    for (const auto& step : steps_) path += (path.empty() ? "" : "/") + step.name;
    return path;
  }

 private:
  struct Step {
    UniqueFd fd;
    std::string name;
  };
  int root_;
  std::vector<Step> steps_;
};

struct CloseStream {
  void operator()(DIR* stream) const { ::closedir(stream); }
};

bool is_link(int directory, const std::string& name) {
  struct stat status = {};
  return ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(status.st_mode);
}

}  // namespace

std::string clean_path(std::string_view name) {
  std::string clean;
  clean.reserve(name.size());
  while (!name.empty()) {
    const auto slash = name.find('/');
    const auto component = name.substr(0, slash);
    name = slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      const auto parent = clean.rfind('/');
      clean.resize(parent == std::string::npos ? 0 : parent);
      continue;
    }
    if (!clean.empty()) clean += '/';
    clean += component;
  }
  return clean;
}

bool climbs_out(std::string_view name) {
  std::size_t depth = 0;
  while (!name.empty()) {
    const auto slash = name.find('/');
    const auto component = name.substr(0, slash);
    name = slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
    if (component.empty() || component == ".") continue;
    if (component != "..") {
      ++depth;
    } else if (depth-- == 0) {
      return true;
    }
  }
  return false;
}

std::string Tree::Directory::child(std::string_view name) const {
  return path.empty() ? std::string(name) : fmt::format("{}/{}", path, name);
}

Result<Tree> Tree::open(UniqueFd root) {
  struct stat status = {};
  if (::fstat(root.get(), &status) != 0) return sys::last_error("reading the root folder");
  if (!S_ISDIR(status.st_mode)) return sys::from_errno(ENOTDIR, "reading the root folder");
  return Tree(std::move(root));
}

UniqueFd Tree::open_plain(const std::string& path) const {
  open_how how = {};
  how.flags = static_cast<std::uint64_t>(directory_flags);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  const char* const name = path.empty() ? "." : path.c_str();
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root_.get(), name, &how, sizeof how)));
}

Result<const Tree::Directory*> Tree::make_directory(std::string_view path) {
  return directory(path, Missing::create);
}

Result<const Tree::Directory*> Tree::find_directory(std::string_view path) {
  return directory(path, Missing::fail);
}

Result<const Tree::Directory*> Tree::directory(std::string_view path, Missing missing) {
  if (last_ != nullptr && last_path_ == path) return last_;
  std::string key(path);
  auto found = open_.find(key);
  if (found == open_.end()) {
    if (key.size() >= PATH_MAX) return sys::from_errno(ENAMETOOLONG, "opening a folder");
    UniqueFd plain = open_plain(key);
    auto opened = plain ? describe(std::move(plain), key) : walk(path, missing);
    if (!opened) return std::move(opened).error();
    found = open_.emplace(key, *std::move(opened)).first;
  }
  last_path_ = std::move(key);
  last_ = found->second.get();
  return last_;
}

/// Follows a path whose folders may be missing or links, staying below the root by construction.
Result<std::unique_ptr<Tree::Directory>> Tree::walk(std::string_view path, Missing missing) const {
  Trail trail(root_.get());
  std::deque<std::string> pending;
  push_components(pending, path);
  int links = 0;
  while (!pending.empty()) {
    const std::string name = std::move(pending.front());
    pending.pop_front();
    if (name == "..") {
      trail.up();
      continue;
    }
    UniqueFd next(::openat(trail.here(), name.c_str(), directory_flags));
    if (!next && errno == ENOENT && missing == Missing::create) {
      if (::mkdirat(trail.here(), name.c_str(), 0755) != 0) {
        return sys::last_error(fmt::format("creating the folder '{}'", name));
      }
      next.reset(::openat(trail.here(), name.c_str(), directory_flags));
      // Of a folder that hands down its group or ACL, the mode is not the one asked for.
      if (next && ::fchmod(next.get(), 0755) != 0) return sys::last_error("setting a mode");
    }
    if (next) {
      trail.down(std::move(next), name);
      continue;
    }
    const int error = errno;
    if ((error != ELOOP && error != ENOTDIR) || !is_link(trail.here(), name)) {
      auto failure = sys::from_errno(error, fmt::format("opening the folder '{}'", path));
      if (error != ENOTDIR) return failure;
      return std::move(failure).with_code(Code::invalid_argument);
    }
    if (++links > max_links) {
      return sys::from_errno(ELOOP, fmt::format("opening '{}'", path))
          .with_code(Code::invalid_argument);
    }
    const std::string target = TRY(read_link(trail.here(), name));
    if (target.starts_with('/')) trail.restart();
    push_components(pending, target);
  }
  std::string canonical = trail.path();
  if (canonical.size() >= PATH_MAX) return sys::from_errno(ENAMETOOLONG, "opening a folder");
  UniqueFd fd(::openat(trail.here(), ".", directory_flags));
  if (!fd) return sys::last_error(fmt::format("opening the folder '{}'", path));
  return describe(std::move(fd), std::move(canonical));
}

Result<> Tree::set_times(std::string_view path, const timespec& access,
                         const timespec& modification) {
  const timespec times[2] = {access, modification};
  const UniqueFd plain = open_plain(std::string(path));
  if (plain && ::futimens(plain.get(), times) == 0) return {};
  // Not a folder, or by links: of a link, the folder it is in and what it says lead on.
  std::string rest(path);
  for (int links = 0; links <= max_links; ++links) {
    const auto slash = rest.rfind('/');
    const std::string name = slash == std::string::npos ? rest : rest.substr(slash + 1);
    const bool folder_itself = name.empty() || name == "." || name == "..";
    const auto above = folder_itself ? rest : rest.substr(0, rest.size() - name.size());
    const auto folder = walk(above, Missing::fail);
    if (!folder) return folder.error();
    const int parent = (*folder)->fd.get();
    const char* const last = folder_itself ? "." : name.c_str();
    if (!is_link(parent, last)) {
      if (::utimensat(parent, last, times, AT_SYMLINK_NOFOLLOW) == 0) return {};
      return sys::last_error(fmt::format("setting the times of '{}'", name));
    }
    const auto target = read_link(parent, name);
    if (!target) return target.error();
    rest = target->starts_with('/') ? *target : (*folder)->path + "/" + *target;
  }
  return sys::from_errno(ENOENT, "following links");
}

void Tree::refresh() {
  if (!stale_ && open_.size() < max_open) return;
  open_.clear();
  last_ = nullptr;
  stale_ = false;
}

Result<> Tree::remove(int parent, const std::string& name) {
  struct stat status = {};
  if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return sys::last_error(fmt::format("reading '{}'", name));
  }
  if (S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode)) stale_ = true;
  return remove_recursively(parent, name);
}

Result<std::vector<std::string>> names_in(int directory) {
  UniqueFd copy(::openat(directory, ".", directory_flags));
  if (!copy) return sys::last_error("opening a folder");
  const std::unique_ptr<DIR, CloseStream> stream(::fdopendir(copy.get()));
  if (!stream) return sys::last_error("reading a folder");
  (void)copy.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* const entry = ::readdir(stream.get())) {
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0) {
      names.emplace_back(entry->d_name);
    }
  }
  if (errno != 0) return sys::last_error("reading a folder");
  return names;
}

// Recursion is as deep as the tree, and PATH_MAX bounds that: no path in it is longer.
Result<> remove_recursively(int parent, const std::string& name) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) {
    return sys::last_error(fmt::format("removing '{}'", name));
  }
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  if (errno != ENOTEMPTY && errno != EEXIST) {
    return sys::last_error(fmt::format("removing '{}'", name));
  }
  const UniqueFd directory(::openat(parent, name.c_str(), directory_flags));
  if (!directory) return sys::last_error(fmt::format("opening '{}'", name));
  const auto names = TRY(names_in(directory.get()));
  for (const auto& child : names) TRY(remove_recursively(directory.get(), child));
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  return sys::last_error(fmt::format("removing '{}'", name));
}

}  // namespace flintctl::archive
