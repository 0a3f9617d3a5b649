// SPDX-License-Identifier: Apache-2.0
#include "archive/applier.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "sys/error.hpp"

namespace flintctl::archive {
namespace {

constexpr std::string_view whiteout_prefix = ".wh.";
constexpr std::string_view opaque_marker = ".wh..wh..opq";

/// A name for an error message: bounded, whatever a layer has put in.
std::string shown(std::string_view name) {
  constexpr std::size_t most = 200;
  return name.size() <= most ? std::string(name) : std::string(name.substr(0, most)) + "…";
}

/// Instead of a path: a layer may have millions. Two paths of one hash, which only a layer made for
/// that has, would spare one file of a lower layer from an opaque marker.
std::uint64_t hash_of(const std::string& path) { return std::hash<std::string>()(path); }

/// A member that no tool for building images makes. containerd takes ".." above the root as the
/// root; we refuse it, for what such a layer was made for is not what it would do here.
Error hostile(std::string what) {
  return Error(Code::invalid_argument, std::move(what))
      .with_hint("do not use this image: the layer is broken, or made to break out");
}

Result<> write_at(int fd, const TarReader::Piece& piece) {
  std::string_view rest = piece.bytes;
  auto offset = static_cast<off_t>(piece.offset);
  while (!rest.empty()) {
    const ssize_t count = ::pwrite(fd, rest.data(), rest.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return sys::last_error("writing");
    rest.remove_prefix(static_cast<std::size_t>(count));
    offset += count;
  }
  return {};
}

Result<> write_data(TarReader& reader, const TarEntry& entry, int fd) {
  std::uint64_t end = 0;
  for (;;) {
    const auto piece = TRY(reader.read());
    if (!piece) break;
    TRY(write_at(fd, *piece));
    end = piece->offset + piece->bytes.size();
  }
  // A sparse file may end in a hole.
  if (end < entry.size && ::ftruncate(fd, static_cast<off_t>(entry.size)) != 0) {
    return sys::last_error("setting the size");
  }
  return {};
}

mode_t device_type(TarEntry::Type type) {
  if (type == TarEntry::Type::character_device) return S_IFCHR;
  return type == TarEntry::Type::block_device ? S_IFBLK : S_IFIFO;
}

}  // namespace

Result<> Applier::apply(TarReader& reader, std::uint64_t max_entries) {
  unpacked_.clear();
  directory_times_.clear();
  for (std::uint64_t count = 1;; ++count) {
    const auto entry = TRY(reader.next());
    if (!entry) break;
    if (count > max_entries) {
      return Error(Code::resource_exhausted,
                   fmt::format("the layer has more than {} files", max_entries))
          .with_hint("if it should: --max-layer-files N");
    }
    ++entries_;
    TRY(apply_member(reader, *entry).context(fmt::format("layer member '{}'", shown(entry->name))));
  }
  return set_directory_times();
}

Result<> Applier::apply_member(TarReader& reader, const TarEntry& entry) {
  tree_.refresh();
  if (climbs_out(entry.name)) return hostile("it lies outside the image's root");
  const std::string path = clean_path(entry.name);
  if (path.empty()) return {};  // the root itself is left as it is
  const auto slash = path.rfind('/');
  const bool top = slash == std::string::npos;
  const std::string name = top ? path : path.substr(slash + 1);
  const Tree::Directory* const parent =
      TRY(tree_.make_directory(std::string_view(path).substr(0, top ? 0 : slash)));
  const Place place = {*parent, name};
  if (TRY(apply_whiteout(place))) return {};
  TRY(check_numbers(entry));
  TRY(create(reader, entry, place));
  const std::string canonical = parent->child(name);
  if (entry.type == TarEntry::Type::directory) {
    const Times times = bounded_times(entry);
    directory_times_.push_back({path, times.access, times.modification});
  }
  unpacked_.insert(hash_of(canonical));
  return {};
}

/// True when the member was a whiteout, which leaves no file. OCI image specification, layer.md.
Result<bool> Applier::apply_whiteout(const Place& place) {
  if (place.name == opaque_marker) {
    TRY(clear_opaque(place.parent.fd.get(), place.parent.path));
    return true;
  }
  if (!place.name.starts_with(whiteout_prefix)) return false;
  const std::string target = place.name.substr(whiteout_prefix.size());
  if (target.empty() || target == "." || target == "..") {
    return hostile("a whiteout of its own folder or the one above");
  }
  TRY(tree_.remove(place.parent.fd.get(), target));
  return true;
}

/// Removes what lower layers have put below a folder; what this layer has put there stays.
Result<> Applier::clear_opaque(int directory, const std::string& path) {
  const auto names = TRY(names_in(directory));
  for (const auto& name : names) {
    const std::string child = path.empty() ? name : path + "/" + name;
    if (!unpacked_.contains(hash_of(child))) {
      TRY(tree_.remove(directory, name));
      continue;
    }
    const UniqueFd below(
        ::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (below) TRY(clear_opaque(below.get(), child));
  }
  return {};
}

Result<> Applier::create(TarReader& reader, const TarEntry& entry, const Place& place) {
  switch (entry.type) {
    case TarEntry::Type::file:
      return create_file(reader, entry, place);
    case TarEntry::Type::directory:
      return create_directory(entry, place);
    case TarEntry::Type::hard_link:
      return create_hard_link(entry, place);
    default:
      return create_other(entry, place);
  }
}

/// Removes what is in a member's place.
Result<> Applier::make_way(const Place& place) {
  return tree_.remove(place.parent.fd.get(), place.name);
}

Result<> Applier::create_file(TarReader& reader, const TarEntry& entry, const Place& place) {
  constexpr int flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC;
  const mode_t mode = entry.mode & 0777;
  const auto open = [&] {
    return ::openat(place.parent.fd.get(), place.name.c_str(), flags, mode);
  };
  UniqueFd fd(open());
  if (!fd && errno == EEXIST) {
    TRY(make_way(place));
    fd.reset(open());
  }
  if (!fd) return sys::last_error("creating the file");
  TRY(write_data(reader, entry, fd.get()));
  // In a folder that hands down its group or ACL nothing is known about the new file.
  const bool plain = !place.parent.inherits;
  const Ownership owner = plain ? own_ids_ : Ownership{-1, -1};
  TRY(set_metadata(fd.get(), entry, owner, plain ? mode : ~mode_t{0}));
  const Times wanted = bounded_times(entry);
  const timespec times[2] = {wanted.access, wanted.modification};
  if (::futimens(fd.get(), times) != 0) return sys::last_error("setting the times");
  return {};
}

Result<> Applier::create_directory(const TarEntry& entry, const Place& place) {
  const int parent = place.parent.fd.get();
  struct stat now = {};
  const auto make = [&] { return ::mkdirat(parent, place.name.c_str(), entry.mode & 0777); };
  bool created = make() == 0;
  if (!created && errno == EEXIST) {
    if (::fstatat(parent, place.name.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0) {
      return sys::last_error("reading what is in its place");
    }
    if (!S_ISDIR(now.st_mode)) {
      TRY(make_way(place));
      created = make() == 0;
      if (!created) return sys::last_error("creating the folder");
    }
  } else if (!created) {
    return sys::last_error("creating the folder");
  }
  Ownership owner = created ? own_ids_ : Ownership{now.st_uid, now.st_gid};
  mode_t mode = created ? entry.mode & 0777 : now.st_mode & 07777;
  if (created && place.parent.inherits) {
    owner = {-1, -1};
    mode = ~mode_t{0};
  }
  const bool by_ids = ((now.st_mode | entry.mode) & S_ISGID) != 0;
  if (!created && (by_ids || !entry.xattrs.empty())) tree_.forget_open();
  const bool right = owner == Ownership{entry.uid, entry.gid} && mode == entry.mode;
  if (right && entry.xattrs.empty()) return {};
  const UniqueFd fd(
      ::openat(parent, place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return sys::last_error("opening the folder");
  return set_metadata(fd.get(), entry, owner, mode);
}

Result<> Applier::create_hard_link(const TarEntry& entry, const Place& place) {
  if (climbs_out(entry.link)) {
    return hostile(fmt::format("a hard link to '{}', outside the image's root", shown(entry.link)));
  }
  const std::string target = clean_path(entry.link);
  if (target.empty()) return hostile("a hard link to the root folder");
  const auto slash = target.rfind('/');
  const bool top = slash == std::string::npos;
  const std::string target_name = top ? target : target.substr(slash + 1);
  const std::string what = fmt::format("linking to '{}'", shown(entry.link));
  const auto missing = [&](Error error) {
    if (error.code() != Code::not_found) return error;
    return std::move(error).with_hint("the image is inconsistent: build it again");
  };
  auto found = tree_.find_directory(top ? std::string() : target.substr(0, slash));
  if (!found) return missing(std::move(found).error().context(what));
  const auto* const folder = *found;
  const auto link = [&] {
    return ::linkat(folder->fd.get(), target_name.c_str(), place.parent.fd.get(),
                    place.name.c_str(), 0) == 0;
  };
  bool linked = link();
  if (!linked && errno == EEXIST) {
    TRY(make_way(place));
    linked = link();
  }
  if (!linked) return missing(sys::last_error(what));
  return set_metadata_at(place.parent.fd.get(), place.name, entry);
}

/// Links, devices and pipes.
Result<> Applier::create_other(const TarEntry& entry, const Place& place) {
  const int parent = place.parent.fd.get();
  const auto make = [&] {
    if (entry.type == TarEntry::Type::symlink) {
      return ::symlinkat(entry.link.c_str(), parent, place.name.c_str()) == 0;
    }
    const auto device = ::makedev(static_cast<unsigned>(entry.device_major),
                                  static_cast<unsigned>(entry.device_minor));
    return ::mknodat(parent, place.name.c_str(), device_type(entry.type) | (entry.mode & 0777),
                     device) == 0;
  };
  bool made = make();
  if (!made && errno == EEXIST) {
    TRY(make_way(place));
    made = make();
  }
  if (!made) return sys::last_error("creating it");
  return set_metadata_at(parent, place.name, entry);
}

/// Only now, since every file made in a folder changes the folder's time. As containerd does: what
/// has taken the folder's place meanwhile gets its time; but nothing there is no error here.
Result<> Applier::set_directory_times() {
  for (const auto& [path, access, modification] : directory_times_) {
    auto set = tree_.set_times(path, access, modification);
    if (set) continue;
    const Code code = set.error().code();
    const bool gone = code == Code::not_found || code == Code::invalid_argument;
    if (!gone) return std::move(set).context(fmt::format("folder '{}'", shown(path)));
  }
  return {};
}

}  // namespace flintctl::archive
