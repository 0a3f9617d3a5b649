// SPDX-License-Identifier: Apache-2.0
#include "archive/ext4_tree.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "archive/ext4_file.hpp"
#include "archive/pax_sparse.hpp"
#include "sys/error.hpp"

namespace flintctl::archive {
namespace {

/// A file of such a name removes another where the tar is applied, and is not made. OCI image
/// specification, layer.md.
constexpr std::string_view whiteout_prefix = ".wh.";
constexpr std::size_t copied_at_once = std::size_t{1} << 20U;
/// A name takes a handful of reads, and 12 bytes; structures that lead in circles take no end.
std::uint64_t reads_for(std::uint64_t size) {
  constexpr std::uint64_t some = std::uint64_t{1} << 16U;
  constexpr std::uint64_t most = std::uint64_t{1} << 26U;
  return std::min(size + some, most);
}

/// One walk through a file system.
class Walk {
 public:
  Walk(int fd, const Ext4File& file, const Limits& limits, TarWriter& tar)
      : fd_(fd),
        file_(file),
        tar_(tar),
        bytes_left_(limits.bytes),
        limits_(limits),
        buffer_(std::make_unique_for_overwrite<char[]>(copied_at_once)) {}

  Result<> run() {
    folders_.insert(Ext4File::root);
    TRY(open_folder("", Ext4File::root).context("the root folder"));
    while (!open_.empty()) {
      Folder& folder = open_.back();
      if (folder.next == folder.names.size()) {
        open_.pop_back();
        continue;
      }
      const Ext4Name name = folder.names[folder.next++];
      const std::string path = folder.path.empty() ? name.name : folder.path + "/" + name.name;
      TRY(visit(path, name).context(fmt::format("file '{}'", shown(path))));
    }
    return {};
  }

 private:
  struct Folder {
    std::string path;
    std::vector<Ext4Name> names;
    std::size_t next = 0;
  };

  static std::string shown(const std::string& path) {
    constexpr std::size_t most = 200;
    return path.size() <= most ? path : path.substr(0, most) + "…";
  }

  Result<> open_folder(const std::string& path, std::uint32_t inode) {
    open_.push_back({path, TRY(file_.names(inode)), 0});
    return {};
  }

  Result<> visit(const std::string& path, const Ext4Name& name) {
    if (++entries_ > limits_.entries) {
      return Error(Code::resource_exhausted,
                   fmt::format("the file system has more than {} files", limits_.entries))
          .with_hint("if it should: --max-layer-files N");
    }
    if (name.name.starts_with(whiteout_prefix)) {
      return Error(Code::invalid_argument, "in a layer, its name stands for a removal")
          .with_hint(fmt::format("rename it in the file system: no name may begin with '{}'",
                                 whiteout_prefix));
    }
    if (path.size() >= PATH_MAX) return Error(Code::invalid_argument, "its path is too long");
    auto inode = TRY(file_.inode(name.inode, bytes_left_));
    if (inode.kind == Ext4Inode::Kind::socket) return {};
    inode.entry.name = path;
    if (inode.entry.type == TarEntry::Type::directory) {
      return visit_folder(path, name.inode, std::move(inode.entry));
    }
    const auto [first, is_new] = seen_.try_emplace(name.inode);
    if (!is_new) return link_to(first->second, std::move(inode.entry));
    if (inode.links > 1) first->second = path;
    if (inode.entry.type == TarEntry::Type::file) return write_file(inode);
    TRY(tar_.begin_member(inode.entry));
    return tar_.finish_member();
  }

  Result<> visit_folder(const std::string& path, std::uint32_t inode, TarEntry entry) {
    if (!folders_.insert(inode).second) {
      return Error(Code::data_loss, "the folder has two places in the tree")
          .with_hint("do not use this file: it is damaged, or made to lead in circles");
    }
    TRY(open_folder(path, inode));
    // The file system's own, not the tree's.
    if (path == "lost+found" && open_.back().names.empty()) {
      open_.pop_back();
      return {};
    }
    entry.name += '/';
    TRY(tar_.begin_member(entry));
    return tar_.finish_member();
  }

  /// A further name of a file that is in the tar already.
  Result<> link_to(const std::string& first, TarEntry entry) {
    if (first.empty()) return Error(Code::data_loss, "it has more names than its inode says");
    entry.type = TarEntry::Type::hard_link;
    entry.link = first;
    entry.size = entry.stored = 0;
    TRY(tar_.begin_member(entry));
    return tar_.finish_member();
  }

  /// Where a file has data.
  static std::vector<SparsePart> parts_of(const Ext4Content& content) {
    std::vector<SparsePart> parts;
    if (!content.bytes.empty()) parts.push_back({0, content.bytes.size()});
    for (const auto& extent : content.extents) {
      if (!parts.empty() && parts.back().offset + parts.back().length == extent.offset) {
        parts.back().length += extent.length;
      } else {
        parts.push_back({extent.offset, extent.length});
      }
    }
    return parts;
  }

  Result<> write_file(const Ext4Inode& inode) {
    TarEntry entry = inode.entry;
    const Ext4Content& content = inode.content;
    auto parts = parts_of(content);
    entry.stored = 0;
    for (const auto& part : parts) entry.stored += part.length;
    if (entry.stored < content.size) {
      if (parts.size() > max_sparse_parts) {
        return Error(Code::resource_exhausted, "the file has too many holes");
      }
      entry.sparse = std::move(parts);
    }
    bytes_left_ -= std::min(bytes_left_, entry.stored);
    TRY(tar_.begin_member(entry));
    TRY(tar_.append(content.bytes));
    for (const auto& extent : content.extents) TRY(copy(extent));
    return tar_.finish_member();
  }

  Result<> copy(const Ext4Extent& extent) {
    for (std::uint64_t done = 0; done < extent.length;) {
      const auto want =
          static_cast<std::size_t>(std::min<std::uint64_t>(copied_at_once, extent.length - done));
      const ssize_t count =
          ::pread(fd_, buffer_.get(), want, static_cast<off_t>(extent.place + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return sys::last_error("reading the file system");
      if (count == 0) return Error(Code::data_loss, "the file of the file system is cut short");
      TRY(tar_.append({buffer_.get(), static_cast<std::size_t>(count)}));
      done += static_cast<std::uint64_t>(count);
    }
    return {};
  }

  int fd_;
  const Ext4File& file_;
  TarWriter& tar_;
  std::uint64_t bytes_left_;
  const Limits& limits_;
  std::unique_ptr<char[]> buffer_;
  std::uint64_t entries_ = 0;
  std::vector<Folder> open_;                             ///< from the root down
  std::unordered_set<std::uint32_t> folders_;            ///< inodes
  std::unordered_map<std::uint32_t, std::string> seen_;  ///< path of the first name, if of several
};

}  // namespace

Result<> write_ext4_tree(int fd, std::uint64_t size, const Limits& limits, TarWriter& tar) {
  const auto file = TRY(Ext4File::open(fd, size, reads_for(size)));
  TRY(Walk(fd, file, limits, tar).run());
  return tar.finish();
}

}  // namespace flintctl::archive
