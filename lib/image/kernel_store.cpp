// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "core/rollback.hpp"
#include "core/units.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/sha256.hpp"

namespace flintctl::image {
namespace {

constexpr std::size_t piece = mib;
constexpr std::uint64_t max_cached_file = 512 * mib;

Result<std::string> read_piece(int source, std::uint64_t offset, std::size_t length) {
  std::string bytes(length, '\0');
  std::size_t have = 0;
  while (have < length) {
    const ssize_t count =
        ::pread(source, bytes.data() + have, length - have, static_cast<off_t>(offset + have));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return sys::last_error("reading the file");
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

/// A new file of the cache, which gets its name when all its bytes are known.
class NewFile {
 public:
  static Result<NewFile> create(int cache) {
    std::string name = unfinished_prefix + sys::random_hex(8);
    UniqueFd fd(::openat(cache, name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644));
    if (!fd) return sys::last_error("creating a file in the kernel cache");
    if (::flock(fd.get(), LOCK_EX) != 0) return sys::last_error("locking a new file");
    Rollback undo([cache, name] { (void)::unlinkat(cache, name.c_str(), 0); });
    return NewFile(cache, std::move(name), std::move(fd), std::move(undo));
  }

  Result<> write(std::string_view bytes) {
    hash_.update(bytes);
    return sys::write_all(fd_.get(), bytes).context("writing to the kernel cache");
  }

  /// Flushes it to the disk and gives it its name. A file of that name and the same bytes stays:
  /// whoever holds it has locked that one, and gc would not see his lock on another.
  Result<std::string> finish() {
    constexpr auto what = "writing to the kernel cache";
    std::string digest = hash_.finish();
    if (::fchmod(fd_.get(), 0644) != 0 || ::fsync(fd_.get()) != 0) return sys::last_error(what);
    while (::linkat(cache_, name_.c_str(), cache_, digest.c_str(), 0) != 0) {
      if (errno != EEXIST) return sys::last_error(what);
      if (TRY(is_twin(digest))) return digest;
      if (::unlinkat(cache_, digest.c_str(), 0) != 0 && errno != ENOENT) {
        return sys::last_error("replacing a damaged file of the kernel cache");
      }
    }
    if (::unlinkat(cache_, name_.c_str(), 0) != 0) return sys::last_error(what);
    undo_.commit();
    if (::fsync(cache_) != 0) return sys::last_error(what);
    return digest;
  }

 private:
  NewFile(int cache, std::string name, UniqueFd fd, Rollback undo)
      : cache_(cache), name_(std::move(name)), fd_(std::move(fd)), undo_(std::move(undo)) {}

  /// Whether the cached file `name` has the bytes of this one, too; a disk may have lost some.
  [[nodiscard]] Result<bool> is_twin(const std::string& name) const {
    const UniqueFd other(::openat(cache_, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!other && errno == ENOENT) return false;
    if (!other) return sys::last_error("reading a file of the kernel cache");
    for (std::uint64_t offset = 0;; offset += piece) {
      const auto mine = TRY(read_piece(fd_.get(), offset, piece));
      if (mine != TRY(read_piece(other.get(), offset, piece))) return false;
      if (mine.size() < piece) return true;
    }
  }

  int cache_;
  std::string name_;
  UniqueFd fd_;
  Rollback undo_;
  sys::Sha256 hash_;
};

Result<std::string> store_bytes(int cache, std::string_view bytes) {
  auto file = TRY(NewFile::create(cache));
  TRY(file.write(bytes));
  return file.finish();
}

Result<KernelKind> known_kind(int source) {
  const KernelKind kind = kernel_kind(TRY(read_piece(source, 0, kernel_head_size)));
  if (kind != KernelKind::none) return kind;
  return Error(Code::invalid_argument, "it is no Linux kernel, neither ELF nor bzImage")
      .with_hint("give a vmlinux or vmlinuz of the guest's architecture");
}

/// The size of `source`. A file of an image costs nothing in its layer, were it all holes, but here
/// every byte is written.
Result<std::size_t> bounded_size(int source) {
  struct stat status = {};
  if (::fstat(source, &status) != 0) return sys::last_error("reading the file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size <= max_cached_file) return static_cast<std::size_t>(size);
  return Error(
      Code::resource_exhausted,
      fmt::format("it is larger than a kernel or initrd may be, {}", format_size(max_cached_file)));
}

}  // namespace

Result<> check_kernel(int source) {
  TRY(known_kind(source));
  return {};
}

Result<std::string> store_file(int cache, int source) {
  const std::size_t size = TRY(bounded_size(source));
  auto file = TRY(NewFile::create(cache));
  for (std::size_t offset = 0; offset < size;) {
    const auto bytes = TRY(read_piece(source, offset, std::min(piece, size - offset)));
    if (bytes.empty()) break;
    TRY(file.write(bytes));
    offset += bytes.size();
  }
  return file.finish();
}

Result<std::string> store_kernel(int cache, int source, KernelFormat format) {
  const KernelKind kind = TRY(known_kind(source));
  if (format == KernelFormat::as_is) return store_file(cache, source);
  const auto bytes = TRY(read_piece(source, 0, TRY(bounded_size(source))));
  if (kind == KernelKind::bzimage) return store_bytes(cache, TRY(extract_vmlinux(bytes)));
  TRY(check_elf(bytes));
  return store_bytes(cache, bytes);
}

}  // namespace flintctl::image
