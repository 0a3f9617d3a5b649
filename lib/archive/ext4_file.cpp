// SPDX-License-Identifier: Apache-2.0
#include "archive/ext4_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include "archive/ext4_device.hpp"
#include "core/units.hpp"

namespace flintctl::archive {
namespace {

using Xattrs = std::vector<std::pair<std::string, std::string>>;

constexpr std::uint64_t longest_link = 4096;  // PATH_MAX, with its end

Error damaged(std::string what) {
  return Error(Code::data_loss, std::move(what)).with_hint("see what is wrong: e2fsck -fn FILE");
}

bool has_flag(const ext2_inode& inode, std::uint32_t flag) { return (inode.i_flags & flag) != 0; }

timespec mtime_of(const ext2_inode_large& inode) {
  timespec time = {static_cast<std::int32_t>(inode.i_mtime), 0};
  constexpr std::size_t end = offsetof(ext2_inode_large, i_mtime_extra) + sizeof(std::uint32_t);
  if (inode.i_extra_isize < end - EXT2_GOOD_OLD_INODE_SIZE) return time;
  // Two more bits of seconds, and nanoseconds. Linux, Documentation/filesystems/ext4/inodes.rst.
  constexpr std::uint32_t epoch_bits = 2;
  constexpr long second = 1'000'000'000;
  time.tv_sec += static_cast<time_t>(inode.i_mtime_extra & ((1U << epoch_bits) - 1)) << 32U;
  time.tv_nsec = std::min<long>(static_cast<long>(inode.i_mtime_extra >> epoch_bits), second - 1);
  return time;
}

/// As the kernel's old_decode_dev() and new_decode_dev() read them.
void set_device(const ext2_inode& inode, TarEntry& entry) {
  if (const std::uint32_t old = inode.i_block[0]; old != 0) {
    entry.device_major = old >> 8U & 0xffU;
    entry.device_minor = old & 0xffU;
    return;
  }
  const std::uint32_t number = inode.i_block[1];
  entry.device_major = (number & 0xfff00U) >> 8U;
  entry.device_minor = (number & 0xffU) | (number >> 12U & 0xfff00U);
}

/// What a callback of libext2fs fills. Nothing is thrown through the library's frames.
template <typename Item>
struct Collected {
  std::vector<Item> items;
  bool no_memory = false;
  std::string wrong;

  template <typename Add>
  int add(int go_on, int stop, const Add& add_item) noexcept {
    try {
      add_item();
    } catch (const std::bad_alloc&) {
      no_memory = true;
    }
    return no_memory || !wrong.empty() ? stop : go_on;
  }
  [[nodiscard]] Result<> check() const {
    if (no_memory) return Error(Code::resource_exhausted, "it takes more memory than it may");
    if (!wrong.empty()) return damaged(wrong);
    return {};
  }
};

/// "." and ".." are told by their names: in a folder that lies in its inode, libext2fs does not
/// number them as elsewhere.
int collect_name(ext2_ino_t, int, ext2_dir_entry* dirent, int, int, char*, void* data) {
  auto& names = *static_cast<Collected<Ext4Name>*>(data);
  return names.add(0, DIRENT_ABORT, [&] {
    // The high byte is the file's type, where the file system keeps it.
    std::string name(dirent->name, dirent->name_len & 0xffU);
    if (name == "." || name == "..") return;
    const bool bad =
        name.empty() || name.find_first_of(std::string_view("/\0", 2)) != std::string::npos;
    if (bad) names.wrong = "a folder has a name that no file can have";
    names.items.push_back({std::move(name), dirent->inode});
  });
}

constexpr std::string_view acl_prefix = "system.posix_acl_";

int collect_xattr(char* name, char* value, std::size_t size, void* data) {
  auto& xattrs = *static_cast<Collected<std::pair<std::string, std::string>>*>(data);
  return xattrs.add(0, XATTR_ABORT, [&] {
    const std::string_view key(name);
    // Of system.*, only ACLs are attributes; system.data is a small file's content.
    if (key.starts_with("system.") && !key.starts_with(acl_prefix)) return;
    xattrs.items.emplace_back(key, std::string(value, size));
  });
}

/// Where blocks of a file lie, in order.
struct Blocks : Collected<Ext4Extent> {
  std::uint64_t block_size = 0;
  std::uint64_t file_size = 0;
  std::uint64_t device_blocks = 0;
  std::uint64_t most_bytes = 0;
  std::uint64_t next = 0;  ///< block of the file
  std::uint64_t bytes = 0;

  void add_blocks(std::uint64_t block, std::uint64_t place, std::uint64_t count) {
    const bool within = place < device_blocks && count <= device_blocks - place;
    if (block < next || !within || count == 0) {
      wrong = "a file's blocks overlap or lie outside the file system";
      return;
    }
    next = block + count;
    const std::uint64_t offset = block * block_size;
    if (offset >= file_size) return;  // set aside for later growth
    const std::uint64_t length = std::min(count * block_size, file_size - offset);
    bytes += length;
    if (bytes > most_bytes) return;
    Ext4Extent* const last = items.empty() ? nullptr : &items.back();
    if (last != nullptr && last->offset + last->length == offset &&
        last->place + last->length == place * block_size) {
      last->length += length;
      return;
    }
    items.push_back({offset, place * block_size, length});
  }
};

int collect_block(ext2_filsys, blk64_t* place, e2_blkcnt_t block, blk64_t, int, void* data) {
  auto& blocks = *static_cast<Blocks*>(data);
  const int stop = blocks.bytes > blocks.most_bytes ? BLOCK_ABORT : 0;
  return blocks.add(stop, BLOCK_ABORT,
                    [&] { blocks.add_blocks(static_cast<std::uint64_t>(block), *place, 1); });
}

}  // namespace

struct Ext4File::Impl {
  const Libext2fs& library;
  Ext4Device device;
  ext2_filsys fs = nullptr;

  [[nodiscard]] Result<> check(errcode_t code) const;
  [[nodiscard]] Result<> check_state() const;
  Result<ext2_inode_large> read_inode(std::uint32_t number) const;
  Result<Ext4Content> content(std::uint32_t number, ext2_inode& inode,
                              std::uint64_t most_bytes) const;
  Result<> find_blocks(std::uint32_t number, ext2_inode& inode, Blocks& blocks) const;
  Result<> find_extents(std::uint32_t number, ext2_inode& inode, Blocks& blocks) const;
  Result<std::string> inline_bytes(std::uint32_t number, ext2_inode& inode) const;
  Result<std::string> link_target(std::uint32_t number, ext2_inode& inode) const;
  Result<Xattrs> xattrs(std::uint32_t number) const;
  errcode_t convert_acls(ext2_xattr_handle* handle, Xattrs& xattrs) const;
};

void Ext4File::Close::operator()(Impl* impl) const {
  if (impl->fs != nullptr) impl->library.free(impl->fs);
  delete impl;
}

bool is_ext4(int fd) {
  char head[ext4_head] = {};
  return ::pread(fd, head, sizeof head, 0) == ssize_t{sizeof head} &&
         is_ext4(std::string_view(head, sizeof head));
}

bool is_ext4(std::string_view first_bytes) {
  constexpr std::size_t magic_at = 1024 + offsetof(ext2_super_block, s_magic);
  if (first_bytes.size() < magic_at + 2) return false;
  const auto low = static_cast<unsigned char>(first_bytes[magic_at]);
  const auto high = static_cast<unsigned char>(first_bytes[magic_at + 1]);
  return (low | high << 8U) == EXT2_SUPER_MAGIC;
}

/// libext2fs's functions return 0, an errno, or a number of its own.
Result<> Ext4File::Impl::check(errcode_t code) const {
  if (code == 0) return {};
  if (device.tired) {
    return Error(Code::resource_exhausted, "it takes more reads than so few files can need")
        .with_hint("do not use this file: its structures lead in circles");
  }
  std::string text = library.error_message(code);
  if (code == EXT2_ET_NO_MEMORY) return Error(Code::resource_exhausted, std::move(text));
  if (code == EXT2_ET_UNSUPP_FEATURE || code == EXT2_ET_RO_UNSUPP_FEATURE) {
    return Error(Code::unimplemented, std::move(text));
  }
  return damaged(std::move(text));
}

Result<> Ext4File::Impl::check_state() const {
  const ext2_super_block& super = *fs->super;
  if ((super.s_feature_incompat & EXT3_FEATURE_INCOMPAT_RECOVER) != 0) {
    return Error(Code::invalid_argument, "its journal has not been replayed: it was not unmounted")
        .with_hint("replay it: e2fsck -p FILE");
  }
  if ((super.s_state & EXT2_VALID_FS) == 0 || (super.s_state & EXT2_ERROR_FS) != 0) {
    return Error(Code::invalid_argument, "it was not unmounted, or has errors")
        .with_hint("mend it: e2fsck -f FILE");
  }
  std::uint64_t blocks = super.s_blocks_count;
  if ((super.s_feature_incompat & EXT4_FEATURE_INCOMPAT_64BIT) != 0) {
    blocks |= std::uint64_t{super.s_blocks_count_hi} << 32U;
  }
  if (blocks > device.size / fs->blocksize) {
    return Error(Code::data_loss,
                 fmt::format("the file is cut short: it has {} of {} blocks of {} bytes",
                             device.size / fs->blocksize, blocks, fs->blocksize));
  }
  return {};
}

Result<Ext4File> Ext4File::open(int fd, std::uint64_t size, std::uint64_t most_reads) {
  const auto* const library = TRY(Libext2fs::get());
  std::unique_ptr<Impl, Close> impl(new Impl{*library, {fd, size, 0, most_reads, false}, nullptr});
  // Errors of checksums are not ignored without EXT2_FLAG_IGNORE_CSUM_ERRORS.
  const errcode_t opened =
      library->open2("file", nullptr, EXT2_FLAG_64BITS, 0, 0, manager_of(impl->device), &impl->fs);
  if (opened != 0) impl->fs = nullptr;
  TRY(impl->check(opened).context("reading the super block"));
  TRY(impl->check_state());
  return Ext4File(std::move(impl));
}

Result<ext2_inode_large> Ext4File::Impl::read_inode(std::uint32_t number) const {
  const ext2_super_block& super = *fs->super;
  const bool reserved = number != root && number < EXT2_FIRST_INODE(&super);
  if (number == 0 || reserved || number > super.s_inodes_count) {
    return damaged(fmt::format("a name leads to inode {}, which is none of a file", number));
  }
  ext2_inode_large inode = {};
  // The large form begins with the small one, which is what the library's type says.
  auto* const small = reinterpret_cast<ext2_inode*>(&inode);
  TRY(check(library.read_inode_full(fs, number, small, sizeof inode)));
  if (inode.i_links_count == 0) return damaged(fmt::format("inode {} is deleted", number));
  return inode;
}

Result<std::vector<Ext4Name>> Ext4File::names(std::uint32_t folder) const {
  Collected<Ext4Name> collected;
  const errcode_t done =
      impl_->library.dir_iterate2(impl_->fs, folder, 0, nullptr, collect_name, &collected);
  TRY(collected.check());
  TRY(impl_->check(done));
  auto& names = collected.items;
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(
      names.begin(), names.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != names.end()) return damaged("a folder has a name twice");
  return std::move(names);
}

Result<> Ext4File::Impl::find_extents(std::uint32_t number, ext2_inode& inode,
                                      Blocks& blocks) const {
  ext2_extent_handle_t handle = nullptr;
  TRY(check(library.extent_open2(fs, number, &inode, &handle)));
  const std::unique_ptr<ext2_extent_handle, decltype(library.extent_free)> close(
      handle, library.extent_free);
  ext2fs_extent extent = {};
  for (int move = EXT2_EXTENT_ROOT; blocks.bytes <= blocks.most_bytes; move = EXT2_EXTENT_NEXT) {
    const errcode_t code = library.extent_get(handle, move, &extent);
    const bool none = code == EXT2_ET_EXTENT_NO_NEXT || code == EXT2_ET_NO_CURRENT_NODE;
    if (none) break;
    TRY(check(code));
    if ((extent.e_flags & EXT2_EXTENT_FLAGS_LEAF) == 0) continue;
    if ((extent.e_flags & EXT2_EXTENT_FLAGS_SECOND_VISIT) != 0) continue;
    // Set aside but never written: it reads as zeros.
    if ((extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) != 0) continue;
    blocks.add_blocks(extent.e_lblk, extent.e_pblk, extent.e_len);
    TRY(blocks.check());
  }
  return {};
}

Result<> Ext4File::Impl::find_blocks(std::uint32_t number, ext2_inode& inode,
                                     Blocks& blocks) const {
  if (has_flag(inode, EXT4_EXTENTS_FL)) return find_extents(number, inode, blocks);
  constexpr int flags = BLOCK_FLAG_DATA_ONLY | BLOCK_FLAG_READ_ONLY;
  const errcode_t done = library.block_iterate3(fs, number, flags, nullptr, collect_block, &blocks);
  TRY(blocks.check());
  return check(done);
}

Result<std::string> Ext4File::Impl::inline_bytes(std::uint32_t number, ext2_inode& inode) const {
  std::size_t size = 0;
  TRY(check(library.inline_data_size(fs, number, &size)));
  std::string bytes(size, '\0');
  TRY(check(library.inline_data_get(fs, number, &inode, bytes.data(), &size)));
  // A file may be longer than what its inode holds: all beyond is a hole.
  bytes.resize(
      static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), EXT2_I_SIZE(&inode))));
  return bytes;
}

Result<Ext4Content> Ext4File::Impl::content(std::uint32_t number, ext2_inode& inode,
                                            std::uint64_t most_bytes) const {
  Ext4Content content;
  content.size = EXT2_I_SIZE(&inode);
  // A file's blocks have numbers of 32 bits.
  if (content.size > std::uint64_t{fs->blocksize} << 32U) {
    return damaged("a file is longer than any can be");
  }
  if (has_flag(inode, EXT4_ENCRYPT_FL)) return Error(Code::unimplemented, "it is encrypted");
  if (has_flag(inode, EXT4_INLINE_DATA_FL)) {
    content.bytes = TRY(inline_bytes(number, inode));
    return content;
  }
  Blocks blocks;
  blocks.block_size = fs->blocksize;
  blocks.file_size = content.size;
  blocks.device_blocks = device.size / fs->blocksize;
  blocks.most_bytes = most_bytes;
  TRY(find_blocks(number, inode, blocks));
  if (blocks.bytes > most_bytes) {
    return Error(Code::resource_exhausted, "the file system's files hold more than they may")
        .with_hint("if they should: --max-layer-size SIZE");
  }
  content.extents = std::move(blocks.items);
  return content;
}

Result<std::string> Ext4File::Impl::link_target(std::uint32_t number, ext2_inode& inode) const {
  const std::uint64_t size = EXT2_I_SIZE(&inode);
  if (size == 0 || size >= longest_link) return damaged("a symbolic link has no possible length");
  std::string target(static_cast<std::size_t>(size), '\0');
  if (!has_flag(inode, EXT4_INLINE_DATA_FL) && library.is_fast_symlink(&inode) != 0) {
    if (size > sizeof inode.i_block) return damaged("a symbolic link is longer than its inode");
    std::memcpy(target.data(), inode.i_block, target.size());
  } else {
    const auto held = TRY(content(number, inode, longest_link));
    target.replace(0, held.bytes.size(), held.bytes);
    for (const auto& extent : held.extents) {
      const ssize_t count = ::pread(device.fd, target.data() + extent.offset, extent.length,
                                    static_cast<off_t>(extent.place));
      if (count != static_cast<ssize_t>(extent.length)) return damaged("a link cannot be read");
    }
  }
  if (target.find('\0') != std::string::npos) return damaged("a symbolic link leads to no path");
  return target;
}

/// ACLs lie in a form of their own; only when asked for by name does the library translate them.
errcode_t Ext4File::Impl::convert_acls(ext2_xattr_handle* handle, Xattrs& xattrs) const {
  for (auto& [name, value] : xattrs) {
    if (!name.starts_with(acl_prefix)) continue;
    void* bytes = nullptr;
    std::size_t size = 0;
    if (const errcode_t code = library.xattr_get(handle, name.c_str(), &bytes, &size)) return code;
    const std::unique_ptr<void, decltype(&std::free)> owned(bytes, &std::free);
    value.assign(static_cast<const char*>(bytes), size);
  }
  return 0;
}

Result<Xattrs> Ext4File::Impl::xattrs(std::uint32_t number) const {
  ext2_xattr_handle* handle = nullptr;
  TRY(check(library.xattrs_open(fs, number, &handle)));
  Collected<std::pair<std::string, std::string>> collected;
  errcode_t done = library.xattrs_read(handle);
  if (done == 0) done = library.xattrs_iterate(handle, collect_xattr, &collected);
  if (done == 0) done = convert_acls(handle, collected.items);
  library.xattrs_close(&handle);
  TRY(collected.check());
  TRY(check(done).context("its attributes"));
  std::sort(collected.items.begin(), collected.items.end());
  return std::move(collected.items);
}

Result<Ext4Inode> Ext4File::inode(std::uint32_t number, std::uint64_t most_bytes) const {
  using Type = TarEntry::Type;
  ext2_inode_large large = TRY(impl_->read_inode(number));
  auto& inode = reinterpret_cast<ext2_inode&>(large);
  Ext4Inode result;
  TarEntry& entry = result.entry;
  result.links = inode.i_links_count;
  entry.mode = inode.i_mode & 07777U;
  entry.uid = inode_uid(inode);
  entry.gid = inode_gid(inode);
  entry.mtime = mtime_of(large);
  const mode_t type = inode.i_mode & S_IFMT;
  if (type == S_IFREG) {
    result.content = TRY(impl_->content(number, inode, most_bytes));
    entry.size = entry.stored = result.content.size;
  } else if (type == S_IFLNK) {
    entry.type = Type::symlink;
    entry.link = TRY(impl_->link_target(number, inode));
  } else if (type == S_IFCHR || type == S_IFBLK) {
    entry.type = type == S_IFCHR ? Type::character_device : Type::block_device;
    set_device(inode, entry);
  } else if (type == S_IFSOCK) {
    result.kind = Ext4Inode::Kind::socket;
  } else if (type == S_IFDIR || type == S_IFIFO) {
    entry.type = type == S_IFDIR ? Type::directory : Type::fifo;
  } else {
    return damaged(fmt::format("inode {} is no kind of file", number));
  }
  entry.xattrs = TRY(impl_->xattrs(number));
  return result;
}

}  // namespace flintctl::archive
