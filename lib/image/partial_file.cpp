// SPDX-License-Identifier: Apache-2.0
#include "image/partial_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/units.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"

namespace flintctl::image {
namespace {

/// libcurl hands out no more than 16 KiB at a time.
constexpr std::size_t write_size = 256 * kib;

Result<std::uint64_t> length_of(const UniqueFd& fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return sys::last_error("reading " + path);
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

Result<PartialFile> PartialFile::open(const std::string& directory, const oci::Digest& digest,
                                      std::uint64_t size) {
  TRY(sys::make_directories(directory, 0700));
  const std::string path = directory + "/" + digest.text();
  for (;;) {
    UniqueFd fd = TRY(sys::open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_APPEND, 0600));
    auto locked = sys::lock_named(fd, path);
    if (!locked && locked.error().code() == Code::aborted) continue;
    if (!TRY(std::move(locked))) {
      return with_reader(TRY(sys::open(directory, O_RDWR | O_TMPFILE | O_APPEND, 0600)), "");
    }
    PartialFile file = TRY(with_reader(std::move(fd), path));
    file.held_ = TRY(length_of(file.fd_, path));
    if (file.held_ > size) TRY(file.truncate());
    return file;
  }
}

Result<PartialFile> PartialFile::with_reader(UniqueFd fd, std::string path) {
  // Opened anew, not duplicated: a lock belongs to all duplicates of what was opened, and a child
  // that is being killed would hold it for a while.
  UniqueFd reader = TRY(sys::open(fmt::format("/proc/self/fd/{}", fd.get()), O_RDONLY));
  return PartialFile(std::move(fd), std::move(reader), std::move(path));
}

Result<> PartialFile::append(std::string_view bytes) {
  if (waiting_.capacity() < write_size) waiting_.reserve(write_size);
  waiting_ += bytes;
  return waiting_.size() < write_size ? Result<>() : flush();
}

Result<> PartialFile::flush() {
  TRY(sys::write_all(fd_.get(), waiting_).context("writing a partial layer"));
  held_ += waiting_.size();
  waiting_.clear();
  return {};
}

Result<> PartialFile::truncate() {
  waiting_.clear();
  if (::ftruncate(fd_.get(), 0) != 0) return sys::last_error("emptying a partial layer");
  held_ = 0;
  return {};
}

void PartialFile::remove() {
  if (!path_.empty()) (void)sys::remove_file(std::exchange(path_, {}));
}

std::string partial_directory(const std::string& state_directory) {
  return state_directory + "/partial";
}

Result<> remove_partial(const std::string& directory, const oci::Digest& digest) {
  const std::string path = directory + "/" + digest.text();
  if (!sys::exists(path)) return {};
  auto file = sys::open(path, O_RDWR | O_NOFOLLOW);
  if (!file) return file.error().code() == Code::not_found ? Result<>() : std::move(file).error();
  const auto locked = sys::lock_named(*file, path);
  return locked && *locked ? sys::remove_file(path) : Result<>();
}

Result<bool> partial_in_use(const std::string& path) {
  const auto file = TRY(sys::open(path, O_RDWR | O_NOFOLLOW));
  const auto locked = sys::lock_named(file, path);
  return !locked || !*locked;
}

}  // namespace flintctl::image
