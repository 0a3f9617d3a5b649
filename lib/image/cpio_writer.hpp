// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace flintctl::image {

/// Writes the archive that the kernel unpacks as its initial RAM disk: cpio's "newc" format. The
/// same files give the same bytes. Linux,
/// Documentation/driver-api/early-userspace/buffer-format.rst.
class CpioWriter {
 public:
  /// The folders above a name must have been added before it.
  void folder(const std::string& name, unsigned mode = 0755);
  void file(const std::string& name, std::string_view bytes, unsigned mode = 0644);
  void symlink(const std::string& name, std::string_view target);

  /// The whole archive.
  std::string finish();

 private:
  void add(const std::string& name, unsigned mode, std::string_view bytes);

  std::string bytes_;
  unsigned inode_ = 0;
};

}  // namespace flintctl::image
