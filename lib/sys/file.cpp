// SPDX-License-Identifier: Apache-2.0
#include "sys/file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>

#include "core/rollback.hpp"
#include "sys/error.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::sys {
namespace {

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// What a file is that cannot be read as one; null where it can.
const char* unfit_kind(const struct stat& status) {
  if (S_ISREG(status.st_mode)) return nullptr;
  if (S_ISDIR(status.st_mode)) return "a folder";
  return S_ISFIFO(status.st_mode) ? "a named pipe" : "a device";
}

Error no_file(const std::string& path, const char* kind) {
  Error error(Code::invalid_argument, fmt::format("{} is {}, not a file", path, kind));
  if (kind != std::string_view("a named pipe")) {
    return std::move(error).with_hint("name a file");
  }
  return std::move(error).with_hint("name a file, or write what the pipe gives into one");
}

/// A pipe without a name has a writer, or had one: reading it does not wait for one to come.
bool is_nameless_pipe(int fd, const struct stat& status) {
  struct statfs filesystem = {};
  return S_ISFIFO(status.st_mode) && ::fstatfs(fd, &filesystem) == 0 &&
         filesystem.f_type == PIPEFS_MAGIC;
}

/// A file opened without waiting for anybody, and what it is.
Result<UniqueFd> open_at_once(const std::string& path, struct stat& status) {
  UniqueFd fd = TRY(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (::fstat(fd.get(), &status) != 0) return last_error(fmt::format("reading {}", path));
  return fd;
}

Result<std::string> read_to_end(int fd, const std::string& path, std::size_t limit) {
  std::string bytes;
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error(fmt::format("reading {}", path));
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(count));
    if (bytes.size() > limit) {
      return Error(Code::resource_exhausted,
                   fmt::format("{} is longer than the {} bytes allowed", path, limit));
    }
  }
}

Result<> fsync_directory(const std::string& path) {
  const UniqueFd directory = TRY(open(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(directory.get()) != 0) return last_error(fmt::format("syncing {}", path));
  return {};
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

Result<> remove_entry(int parent, const char* name, dev_t device, const std::string& path);

/// Empties an open folder. Stays on `device`: what is mounted below is not ours to remove.
Result<> remove_entries(UniqueFd folder, dev_t device, const std::string& path) {
  const int fd = folder.get();
  Directory directory(::fdopendir(fd));
  if (!directory) return last_error(fmt::format("listing {}", path));
  (void)folder.release();
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    TRY(remove_entry(fd, name.c_str(), device, path + "/" + name));
  }
  if (errno != 0) return last_error(fmt::format("listing {}", path));
  return {};
}

Result<> remove_entry(int parent, const char* name, dev_t device, const std::string& path) {
  if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return last_error(fmt::format("removing {}", path));
  UniqueFd folder(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return last_error(fmt::format("removing {}", path));
  struct stat status = {};
  if (::fstat(folder.get(), &status) != 0) return last_error(fmt::format("removing {}", path));
  if (status.st_dev != device) {
    return Error(Code::unknown, fmt::format("something is mounted at {}", path));
  }
  TRY(remove_entries(std::move(folder), device, path));
  if (::unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return last_error(fmt::format("removing {}", path));
  }
  return {};
}

}  // namespace

Result<UniqueFd> open(const std::string& path, int flags, mode_t mode) {
  return open_at(AT_FDCWD, path, flags, mode);
}

Result<UniqueFd> open_at(int directory, const std::string& name, int flags, mode_t mode) {
  for (;;) {
    UniqueFd fd(::openat(directory, name.c_str(), flags | O_CLOEXEC, mode));
    if (fd) return fd;
    if (errno != EINTR) return last_error(fmt::format("opening {}", name));
    TRY(check_interrupt());  // a pipe may wait for its other end for ever
  }
}

Result<UniqueFd> open_regular(const std::string& path) {
  struct stat status = {};
  UniqueFd fd = TRY(open_at_once(path, status));
  if (const char* kind = unfit_kind(status); kind != nullptr) return no_file(path, kind);
  return fd;
}

Result<UniqueFd> open_input(const std::string& path) {
  struct stat status = {};
  UniqueFd fd = TRY(open_at_once(path, status));
  if (S_ISREG(status.st_mode)) return fd;
  if (S_ISDIR(status.st_mode) ||
      (S_ISFIFO(status.st_mode) && !is_nameless_pipe(fd.get(), status))) {
    return no_file(path, unfit_kind(status));
  }
  if (::fcntl(fd.get(), F_SETFL, 0) != 0) return last_error(fmt::format("reading {}", path));
  return fd;
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueFd fd = TRY(open_input(path));
  return read_to_end(fd.get(), path, limit);
}

Result<std::string> read_tail(const std::string& path, std::size_t length) {
  const UniqueFd fd = TRY(open_input(path));
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  if (size < 0) return last_error(fmt::format("reading {}", path));
  const off_t start = std::max<off_t>(0, size - static_cast<off_t>(length));
  if (::lseek(fd.get(), start, SEEK_SET) < 0) return last_error(fmt::format("reading {}", path));
  std::string bytes(static_cast<std::size_t>(size - start), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::read(fd.get(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error(fmt::format("reading {}", path));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

Result<> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) {
      TRY(check_interrupt());
      continue;
    }
    if (count < 0) return last_error("writing");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<UniqueFd> copy_file(const std::string& from, const std::string& to, mode_t mode) {
  const UniqueFd source = TRY(open_regular(from));
  UniqueFd target = TRY(open(to, O_WRONLY | O_CREAT | O_EXCL, mode));
  std::string buffer(256U << 10U, '\0');
  for (;;) {
    const ssize_t count = ::read(source.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error(fmt::format("reading {}", from));
    if (count == 0) return target;
    TRY(write_all(target.get(), {buffer.data(), static_cast<std::size_t>(count)})
            .context(fmt::format("copying to {}", to)));
  }
}

Result<> write_file_atomic(const std::string& path, std::string_view bytes, mode_t mode) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, random_hex(4));
  const auto what = [&] { return fmt::format("writing {}", path); };
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd) return last_error(what());
  Rollback undo([&] { ::unlink(temporary.c_str()); });
  if (::fchmod(fd.get(), mode) != 0) return last_error(what());
  TRY(write_all(fd.get(), bytes).context(what()));
  if (::fsync(fd.get()) != 0) return last_error(what());
  if (::rename(temporary.c_str(), path.c_str()) != 0) return last_error(what());
  undo.commit();
  return fsync_directory(parent_of(path));
}

Result<> remove_unfinished_writes(const std::string& path) {
  const std::string prefix = path.substr(path.find_last_of('/') + 1) + ".";
  constexpr std::string_view suffix = ".tmp";
  constexpr std::size_t random_digits = 8;
  for (const std::string& name : TRY(list_directory(parent_of(path)))) {
    if (name.size() != prefix.size() + random_digits + suffix.size()) continue;
    if (name.starts_with(prefix) && name.ends_with(suffix)) {
      TRY(remove_file(parent_of(path) + "/" + name));
    }
  }
  return {};
}

Result<> write_attribute(const std::string& path, std::string_view bytes) {
  const UniqueFd fd = TRY(open(path, O_WRONLY));
  if (::write(fd.get(), bytes.data(), bytes.size()) < 0) {
    return last_error(fmt::format("writing {}", path));
  }
  return {};
}

Result<> make_directories(const std::string& path, mode_t mode) {
  if (path.empty() || is_directory(path)) return {};
  TRY(make_directories(parent_of(path) == path ? "" : parent_of(path), mode));
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno == EEXIST && is_directory(path)) return {};
    return last_error(fmt::format("creating folder {}", path));
  }
  if (::chmod(path.c_str(), mode) != 0) return last_error(fmt::format("creating folder {}", path));
  return {};
}

Result<> remove_tree(const std::string& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return last_error(fmt::format("removing {}", path));
  }
  return remove_entry(AT_FDCWD, path.c_str(), status.st_dev, path);
}

Result<> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return last_error(fmt::format("removing {}", path));
  }
  return {};
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  std::vector<std::string> names;
  Directory directory(::opendir(path.c_str()));
  if (!directory) {
    if (errno == ENOENT) return names;
    return last_error(fmt::format("listing {}", path));
  }
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  if (errno != 0) return last_error(fmt::format("listing {}", path));
  std::sort(names.begin(), names.end());
  return names;
}

bool exists(const std::string& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0;
}

bool is_directory(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_immutable(const std::string& path) {
  struct statx status = {};
  if (::statx(AT_FDCWD, path.c_str(), 0, 0, &status) != 0) return false;
  constexpr std::uint64_t fixed = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
  return (status.stx_attributes & fixed) != 0;
}

std::string canonical_path(const std::string& path) {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(path, failed);
  if (failed) return path;
  auto canonical = std::filesystem::weakly_canonical(absolute, failed);
  return failed ? path : canonical.string();
}

Result<FilesystemSpace> filesystem_space(const std::string& path) {
  std::string folder = path;
  struct statvfs status = {};
  while (::statvfs(folder.c_str(), &status) != 0) {
    const std::string parent = parent_of(folder);
    if (errno != ENOENT || parent == folder || folder == ".") {
      return last_error(fmt::format("reading the free space at {}", path));
    }
    folder = parent;
  }
  return FilesystemSpace{std::uint64_t{status.f_blocks} * status.f_frsize,
                         std::uint64_t{status.f_bavail} * status.f_frsize};
}

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) == 0 && !is_directory(name)) return name;
    return last_error(fmt::format("running {}", name)).with_code(Code::not_found);
  }
  const char* environment = std::getenv("PATH");
  std::string search = environment != nullptr ? environment : "/usr/bin:/bin";
  search += ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::size_t start = 0;
  while (start <= search.size()) {
    const std::size_t end = std::min(search.find(':', start), search.size());
    const std::string candidate = search.substr(start, end - start) + "/" + name;
    start = end + 1;
    // A relative folder in PATH would make what runs depend on where the caller stands.
    if (candidate[0] != '/') continue;
    if (::access(candidate.c_str(), X_OK) == 0 && !is_directory(candidate)) return candidate;
  }
  return Error(Code::not_found, fmt::format("the program '{}' is not in PATH", name));
}

}  // namespace flintctl::sys
