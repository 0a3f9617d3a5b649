// SPDX-License-Identifier: Apache-2.0
#include "archive/ext4_device.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace flintctl::archive {
namespace {

/// open() below learns only a name.
thread_local Ext4Device* device_to_open = nullptr;

Ext4Device& device_of(io_channel channel) {
  return *static_cast<Ext4Device*>(channel->private_data);
}

errcode_t read_bytes(Ext4Device& device, std::uint64_t offset, std::uint64_t size, char* data) {
  if (device.reads++ >= device.most_reads) {
    device.tired = true;
    return EXT2_ET_SHORT_READ;
  }
  if (offset > device.size || size > device.size - offset) return EXT2_ET_SHORT_READ;
  while (size > 0) {
    const ssize_t count = ::pread(device.fd, data, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return EXT2_ET_SHORT_READ;
    data += count;
    offset += static_cast<std::uint64_t>(count);
    size -= static_cast<std::uint64_t>(count);
  }
  return 0;
}

errcode_t read_blocks(io_channel channel, unsigned long long block, int count, void* data) {
  Ext4Device& device = device_of(channel);
  const auto block_size = static_cast<std::uint64_t>(channel->block_size);
  if (block > device.size / block_size) return EXT2_ET_SHORT_READ;
  // A negative count is one of bytes. libext2fs, lib/ext2fs/unix_io.c.
  const auto size = count < 0 ? static_cast<std::uint64_t>(-std::int64_t{count})
                              : static_cast<std::uint64_t>(count) * block_size;
  return read_bytes(device, block * block_size, size, static_cast<char*>(data));
}

errcode_t read_blocks_32(io_channel channel, unsigned long block, int count, void* data) {
  return read_blocks(channel, block, count, data);
}

errcode_t refuse_blocks(io_channel, unsigned long long, int, const void*) {
  return EXT2_ET_RO_FILSYS;
}
errcode_t refuse_blocks_32(io_channel, unsigned long, int, const void*) {
  return EXT2_ET_RO_FILSYS;
}

errcode_t set_block_size(io_channel channel, int size) {
  if (size <= 0) return EXT2_ET_INVALID_ARGUMENT;
  channel->block_size = size;
  return 0;
}

errcode_t flush(io_channel) { return 0; }

errcode_t close_channel(io_channel channel) {
  if (--channel->refcount <= 0) std::free(channel);
  return 0;
}

errcode_t open_channel(const char*, int, io_channel* channel);

struct_io_manager make_manager() {
  struct_io_manager manager = {};
  manager.magic = EXT2_ET_MAGIC_IO_MANAGER;
  manager.name = "file";
  manager.open = open_channel;
  manager.close = close_channel;
  manager.set_blksize = set_block_size;
  manager.read_blk = read_blocks_32;
  manager.write_blk = refuse_blocks_32;
  manager.flush = flush;
  manager.read_blk64 = read_blocks;
  manager.write_blk64 = refuse_blocks;
  return manager;
}

struct_io_manager file_manager = make_manager();

/// By the C library's allocator: libext2fs may free it when opening fails.
errcode_t open_channel(const char*, int, io_channel* channel) {
  auto* const made = static_cast<io_channel>(std::calloc(1, sizeof(struct_io_channel)));
  if (made == nullptr) return EXT2_ET_NO_MEMORY;
  made->magic = EXT2_ET_MAGIC_IO_CHANNEL;
  made->manager = &file_manager;
  made->block_size = 1024;
  made->refcount = 1;
  made->private_data = device_to_open;
  *channel = made;
  return 0;
}

}  // namespace

io_manager manager_of(Ext4Device& device) {
  device_to_open = &device;
  return &file_manager;
}

}  // namespace flintctl::archive
