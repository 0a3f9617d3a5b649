// SPDX-License-Identifier: Apache-2.0
#include "image/local_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>
#include <utility>

#include "archive/decoded_file.hpp"
#include "archive/tar_reader.hpp"
#include "archive/tree.hpp"
#include "core/units.hpp"
#include "sys/descriptors.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::image {
namespace {

/// What the members of an archive take, but for the bytes on the disk. Old docker versions save
/// three files for each layer, of which one is large, and an archive may hold dozens of images of
/// 127 layers; of a file system's tar this is soon used up.
constexpr std::size_t most_memory = 32 * mib;
constexpr std::size_t small_file = 16 * kib;
constexpr std::size_t entry_cost = 256;        // of the map, about
constexpr std::size_t spooled_cost = 8 * kib;  // a descriptor and what the kernel keeps for it

/// Hands on a member's bytes, in order.
Result<> read_member(archive::TarReader& reader,
                     const std::function<Result<>(std::string_view)>& take) {
  std::uint64_t taken = 0;
  for (;;) {
    const auto piece = TRY(reader.read());
    if (!piece) return {};
    if (piece->offset != taken) return Error(Code::unimplemented, "a sparse file in the archive");
    TRY(take(piece->bytes));
    taken += piece->bytes.size();
  }
}

/// A small member of an archive as a file.
Result<UniqueFd> file_of(const std::string& bytes) {
  UniqueFd fd(::memfd_create("member", MFD_CLOEXEC));
  if (!fd) return sys::last_error("making a file in memory");
  TRY(sys::write_all(fd.get(), bytes));
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return sys::last_error("rewinding a file in memory");
  return fd;
}

Error missing(const std::string& name) {
  return {Code::not_found, fmt::format("there is no file '{}'", name)};
}

}  // namespace

Result<LocalFiles> LocalFiles::in_folder(const std::string& path) {
  LocalFiles files;
  files.folder_ = TRY(sys::open(path, O_RDONLY | O_DIRECTORY));
  return files;
}

Result<LocalFiles> LocalFiles::in_tar(int fd, const std::string& spool, std::uint64_t most) {
  LocalFiles files;
  archive::DecodedFile source(fd);
  archive::TarReader reader(source);
  std::size_t memory = 0;
  while (const auto entry = TRY(reader.next())) {
    TRY(sys::check_interrupt());
    const std::string name = archive::clean_path(entry->name);
    memory += entry_cost + name.size() + entry->link.size();
    using Type = archive::TarEntry::Type;
    if (entry->type == Type::file) {
      memory += TRY(files.add(reader, name, spool, most).context(fmt::format("'{}'", name)));
    } else if (entry->type == Type::hard_link) {
      files.links_[name] = archive::clean_path(entry->link);
    } else if (entry->type == Type::symlink) {
      // Old docker versions save a layer that two images share once, and a link beside the other.
      files.links_[name] = archive::clean_path(name + "/../" + entry->link);
    }
    if (memory <= most_memory) continue;
    return Error(
               Code::invalid_argument,
               fmt::format("it holds more files than an archive of images, {} and {} links so far",
                           files.members_.size(), files.links_.size()))
        .with_hint("the tar of a file system is imported with --rootfs");
  }
  if (files.members_.empty() && files.links_.empty()) {
    return Error(Code::invalid_argument, "there are no files in it")
        .with_hint("a file system, ext4 for one, is imported with --rootfs");
  }
  return files;
}

/// Takes what the reader is at. Returns the memory that it costs.
Result<std::size_t> LocalFiles::add(archive::TarReader& reader, const std::string& name,
                                    const std::string& spool, std::uint64_t most) {
  std::string small;
  std::optional<SpoolFile> large;
  TRY(read_member(reader, [&](std::string_view bytes) -> Result<> {
    if (!large && small.size() + bytes.size() <= std::min<std::uint64_t>(small_file, most)) {
      small += bytes;
      return {};
    }
    if (!large) {
      sys::allow_descriptors(1);
      large = TRY(SpoolFile::create(spool, most));
      TRY(large->append(std::exchange(small, {})));
    }
    return large->append(bytes);
  }));
  if (large) {
    members_.insert_or_assign(name, *std::move(large));
    return spooled_cost;
  }
  const std::size_t size = small.size();
  members_.insert_or_assign(name, std::move(small));
  return size;
}

Result<LocalFiles::File> LocalFiles::open(const std::string& name) const {
  UniqueFd fd;
  sys::allow_descriptors(1);  // several images of many layers may come to be open at once
  if (folder_) {
    open_how how = {};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    fd.reset(
        static_cast<int>(::syscall(SYS_openat2, folder_.get(), name.c_str(), &how, sizeof how)));
    if (!fd && errno == EXDEV) {
      return Error(Code::invalid_argument, fmt::format("'{}' is a link out of the folder", name));
    }
    if (!fd) return sys::last_error(fmt::format("opening '{}'", name));
  } else {
    std::string member = archive::clean_path(name);
    const auto link = links_.find(member);
    if (link != links_.end()) member = link->second;
    const auto found = members_.find(member);
    if (found == members_.end()) return missing(name);
    const auto* const small = std::get_if<std::string>(&found->second);
    fd = TRY(small != nullptr ? file_of(*small) : std::get<SpoolFile>(found->second).reader());
  }
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) return sys::last_error(fmt::format("reading '{}'", name));
  if (!S_ISREG(status.st_mode)) return missing(name);
  return File{std::move(fd), static_cast<std::uint64_t>(status.st_size)};
}

Result<std::string> LocalFiles::read(const std::string& name, std::size_t limit) const {
  const File file = TRY(open(name));
  if (file.size > limit) {
    return Error(Code::resource_exhausted, fmt::format("'{}' has more than {} bytes", name, limit));
  }
  std::string bytes(file.size, '\0');
  std::size_t held = 0;
  while (held < bytes.size()) {
    const ssize_t count = ::read(file.fd.get(), bytes.data() + held, bytes.size() - held);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return sys::last_error(fmt::format("reading '{}'", name));
    held += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace flintctl::image
