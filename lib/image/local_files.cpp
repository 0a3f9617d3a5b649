// SPDX-License-Identifier: Apache-2.0
#include "image/local_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "archive/decoded_file.hpp"
#include "archive/tar_reader.hpp"
#include "archive/tree.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::image {
namespace {

/// A saved image has a few files and 127 layers at most; a file system's tar has more.
constexpr std::size_t max_members = 600;

Result<> store(archive::TarReader& reader, SpoolFile& file) {
  std::uint64_t written = 0;
  for (;;) {
    const auto piece = TRY(reader.read());
    if (!piece) return {};
    if (piece->offset != written) return Error(Code::unimplemented, "a sparse file in the archive");
    TRY(file.append(piece->bytes));
    written += piece->bytes.size();
  }
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
  while (const auto entry = TRY(reader.next())) {
    TRY(sys::check_interrupt());
    const std::string name = archive::clean_path(entry->name);
    if (files.members_.size() + files.links_.size() >= max_members) {
      return Error(Code::invalid_argument, fmt::format("it holds more than {} files", max_members))
          .with_hint("the tar of a file system is imported with --rootfs");
    }
    using Type = archive::TarEntry::Type;
    if (entry->type == Type::file) {
      SpoolFile file = TRY(SpoolFile::create(spool, most));
      TRY(store(reader, file).context(fmt::format("'{}'", name)));
      files.members_.insert_or_assign(name, std::move(file));
    } else if (entry->type == Type::hard_link) {
      files.links_[name] = archive::clean_path(entry->link);
    } else if (entry->type == Type::symlink) {
      // Old docker versions save a layer that two images share once, and a link beside the other.
      files.links_[name] = archive::clean_path(name + "/../" + entry->link);
    }
  }
  if (files.members_.empty() && files.links_.empty()) {
    return Error(Code::invalid_argument, "there are no files in it");
  }
  return files;
}

Result<LocalFiles::File> LocalFiles::open(const std::string& name) const {
  UniqueFd fd;
  if (folder_) {
    open_how how = {};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    fd.reset(
        static_cast<int>(::syscall(SYS_openat2, folder_.get(), name.c_str(), &how, sizeof how)));
    if (!fd) return sys::last_error(fmt::format("opening '{}'", name));
  } else {
    std::string member = archive::clean_path(name);
    const auto link = links_.find(member);
    if (link != links_.end()) member = link->second;
    const auto found = members_.find(member);
    if (found == members_.end()) return missing(name);
    fd = TRY(found->second.reader());
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
