// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "archive/tree.hpp"
#include "sys/error.hpp"

namespace flintctl::image {
namespace {

UniqueFd open_below(int root, const std::string& path, int flags) {
  open_how how = {};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

bool is_candidate(std::string_view name, BootFileKind kind) {
  if (kind == BootFileKind::kernel) {
    return name.starts_with("vmlinux") || name.starts_with("vmlinuz");
  }
  return name.starts_with("initrd") || name.starts_with("initramfs");
}

struct Candidate {
  ImageFile file;
  dev_t device;
  ino_t inode;
};

std::vector<Candidate> candidates(int root, BootFileKind kind) {
  const UniqueFd boot = open_below(root, "boot", O_RDONLY | O_DIRECTORY);
  if (!boot) return {};
  auto names = archive::names_in(boot.get()).value_or({});
  std::sort(names.begin(), names.end());
  std::vector<Candidate> found;
  for (const auto& name : names) {
    if (!is_candidate(name, kind)) continue;
    auto file = open_in_image(root, "boot/" + name);
    struct stat status = {};
    if (!file || ::fstat(file->fd.get(), &status) != 0 || status.st_size == 0) continue;
    const bool known = std::any_of(found.begin(), found.end(), [&](const Candidate& other) {
      return other.device == status.st_dev && other.inode == status.st_ino;
    });
    if (!known) found.push_back({*std::move(file), status.st_dev, status.st_ino});
  }
  return found;
}

std::vector<std::string> names_of(const std::vector<Candidate>& candidates) {
  std::vector<std::string> names;
  names.reserve(candidates.size());
  for (const auto& candidate : candidates) names.push_back(candidate.file.path);
  return names;
}

std::string_view what(BootFileKind kind) {
  return kind == BootFileKind::kernel ? "kernel" : "initrd";
}

bool is_program(int root, const std::string& path) {
  // O_PATH: a pipe in its place must not hold us.
  const UniqueFd fd = open_below(root, path, O_PATH);
  struct stat status = {};
  constexpr mode_t executable = S_IXUSR | S_IXGRP | S_IXOTH;
  return fd && ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode) &&
         (status.st_mode & executable) != 0;
}

}  // namespace

Result<ImageFile> open_in_image(int root, const std::string& path) {
  // O_NONBLOCK: a pipe in the file's place must not hold us.
  UniqueFd fd = open_below(root, path, O_RDONLY | O_NONBLOCK);
  if (!fd) {
    const int error = errno;
    auto failure = sys::from_errno(error, fmt::format("opening '{}' in the image", path));
    // Below a file there is nothing, either.
    return error == ENOTDIR ? std::move(failure).with_code(Code::not_found) : failure;
  }
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) return sys::last_error(fmt::format("reading '{}'", path));
  if (!S_ISREG(status.st_mode)) {
    return Error(Code::invalid_argument, fmt::format("'{}' in the image is no file", path));
  }
  return ImageFile{path, std::move(fd)};
}

Result<ImageFile> named_boot_file(int root, const std::string& path, BootFileKind kind) {
  auto file = open_in_image(root, path);
  if (file || file.error().code() != Code::not_found) return file;
  const auto names = names_of(candidates(root, kind));
  const Error missing(Code::not_found, fmt::format("the image has no file '{}'", path));
  if (names.empty()) {
    return Error(missing).with_hint(fmt::format(
        "--{}-file takes a path within the image; its /boot has no {}", what(kind), what(kind)));
  }
  return Error(missing).with_hint(
      fmt::format("it has {}; name it with --{}-file", fmt::join(names, ", "), what(kind)));
}

Result<ImageFile> find_boot_file(int root, BootFileKind kind) {
  auto found = candidates(root, kind);
  if (found.size() == 1) return std::move(found.front().file);
  const auto names = names_of(found);
  const auto hint = fmt::format("name it with --{}-file", what(kind));
  if (found.empty()) {
    return Error(Code::not_found, fmt::format("the image has no {} in its /boot", what(kind)))
        .with_hint(hint);
  }
  return Error(Code::invalid_argument, fmt::format("the image has more than one {}: {}", what(kind),
                                                   fmt::join(names, ", ")))
      .with_hint(hint);
}

// invalid_argument, and not not_found: the image that was named is there, and no wait or retry
// makes it one that boots.
Result<std::string> find_init(int root, const std::string& init) {
  if (!init.empty()) {
    if (is_program(root, init)) return init;
    return Error(Code::invalid_argument,
                 fmt::format("the image has no program '{}' to start as init", init))
        .with_hint("change init= on the kernel's command line, or use another image");
  }
  for (const char* const path : {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"}) {
    if (is_program(root, path)) return std::string(path);
  }
  return Error(Code::invalid_argument,
               "the image has no init: no program /sbin/init, /etc/init, /bin/init or /bin/sh")
      .with_hint(
          "use an image with an operating system in it, or name a program with init= on the "
          "kernel's command line");
}

}  // namespace flintctl::image
