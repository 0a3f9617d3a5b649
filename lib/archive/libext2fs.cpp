// SPDX-License-Identifier: Apache-2.0
#include "archive/libext2fs.hpp"

#include "sys/shared_library.hpp"

namespace flintctl::archive {
namespace {

Result<Libext2fs> open_libext2fs() {
  const auto library = TRY(sys::SharedLibrary::open("libext2fs.so.2", "libext2fs2"));
  Libext2fs ext2fs;
#define FLINTCTL_EXT2FS(member) \
  ext2fs.member = TRY(library.function<decltype(ext2fs.member)>("ext2fs_" #member))
  FLINTCTL_EXT2FS(open2);
  FLINTCTL_EXT2FS(free);
  FLINTCTL_EXT2FS(read_inode_full);
  FLINTCTL_EXT2FS(dir_iterate2);
  FLINTCTL_EXT2FS(block_iterate3);
  FLINTCTL_EXT2FS(extent_open2);
  FLINTCTL_EXT2FS(extent_get);
  FLINTCTL_EXT2FS(extent_free);
  FLINTCTL_EXT2FS(inline_data_size);
  FLINTCTL_EXT2FS(inline_data_get);
  FLINTCTL_EXT2FS(is_fast_symlink);
  FLINTCTL_EXT2FS(xattrs_open);
  FLINTCTL_EXT2FS(xattrs_read);
  FLINTCTL_EXT2FS(xattrs_iterate);
  FLINTCTL_EXT2FS(xattr_get);
  FLINTCTL_EXT2FS(xattrs_close);
#undef FLINTCTL_EXT2FS
  // libcom_err's, which libext2fs brings; its table of messages is the library's own to register.
  ext2fs.error_message = TRY(library.function<decltype(ext2fs.error_message)>("error_message"));
  const auto register_messages = TRY(
      library.function<decltype(&::initialize_ext2_error_table)>("initialize_ext2_error_table"));
  register_messages();
  return ext2fs;
}

}  // namespace

Result<const Libext2fs*> Libext2fs::get() {
  static const Result<Libext2fs> ext2fs = open_libext2fs();
  if (!ext2fs) return Error(ext2fs.error());
  return &ext2fs.value();
}

}  // namespace flintctl::archive
