// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "sys/modules.hpp"

namespace flintctl::loop {

/// A loop device that has a backing file. loop(4).
struct Device {
  unsigned number = 0;       ///< N of /dev/loopN, and its minor number
  std::string backing_file;  ///< as the kernel shows it; " (deleted)" appended when unlinked
  dev_t backing_device = 0;  ///< with backing_inode: the file's identity, whatever its name
  ino_t backing_inode = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t offset_bytes = 0;  ///< where in the file the device begins
  std::uint64_t limit_bytes = 0;   ///< the most it shows of the file; 0: all
  bool read_only = false;
  bool direct_io = false;  ///< no second page cache between device and file
  bool autoclear = false;  ///< detaches itself when its last user closes it

  [[nodiscard]] std::string path() const;
  /// True when it shows its whole file for reading and writing.
  [[nodiscard]] bool is_plain() const {
    return offset_bytes == 0 && limit_bytes == 0 && !read_only;
  }
};

enum class DirectIo {
  when_proven,  ///< kept only if a real write and read through a loop device on that filesystem
                ///< pass
  never,
};
enum class Lifetime {
  until_detached,
  /// As long as anybody has it open: the Attachment, a mount, a device-mapper table. A process that
  /// is killed before its pool exists leaves no loop device behind.
  while_used,
};

struct AttachOptions {
  DirectIo direct_io = DirectIo::when_proven;
  Lifetime lifetime = Lifetime::while_used;
  /// Logical block size in bytes. 512 is what losetup(8) gives: a filesystem made on one size need
  /// not mount on a larger one, so it must not change over the life of the file.
  std::uint32_t block_size = 512;
};

/// A loop device and an open descriptor of it, which keeps a `while_used` device alive.
struct Attachment {
  Device device;
  UniqueFd hold;
};

/// Loop devices. A device is known by its backing file, never by its number: numbers change.
class Driver {
 public:
  virtual ~Driver() = default;

  /// All loop devices whose backing file is this very file (device and inode); not_found when there
  /// is no such file.
  virtual Result<std::vector<Device>> find(const std::string& file) = 0;
  /// not_found when /dev/loopN is free or absent.
  virtual Result<Device> describe(unsigned number) = 0;
  virtual Result<Attachment> attach(const std::string& file, const AttachOptions& options) = 0;
  /// Fine when it is detached already. A device in use goes when its last user closes it.
  virtual Result<> detach(unsigned number) = 0;
  /// Makes the device as long as its file has become. LOOP_SET_CAPACITY.
  virtual Result<> refresh_size(unsigned number) = 0;
};

/// The kernel's loop driver, loaded if need be; host_not_ready when there is none. With
/// Modules::leave one that sees no devices where the kernel has not loaded its own.
Result<std::unique_ptr<Driver>> open(sys::Modules modules = sys::Modules::load);

/// The major number of loop devices. Documentation/admin-guide/devices.txt.
inline constexpr unsigned major_number = 7;

}  // namespace flintctl::loop
