// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::image {

/// A file of an image, open for reading.
struct ImageFile {
  std::string path;  ///< within the image, as it was found or named
  UniqueFd fd;
};

/// The file `path` below the folder `root`, links followed as if the root were "/" and never out of
/// it. not_found when it is missing, invalid_argument when it is no regular file. openat2(2).
Result<ImageFile> open_in_image(int root, const std::string& path);

enum class BootFileKind { kernel, initrd };

/// The file that the user named. When the image does not have it, the hint names what it has.
Result<ImageFile> named_boot_file(int root, const std::string& path, BootFileKind kind);

/// The kernel (boot/vmlinux*, boot/vmlinuz*) or initrd (boot/initrd*, boot/initramfs*) of an image.
/// Several names of one file are one candidate. not_found when there is none, invalid_argument when
/// there are several: named, with the flag to choose by as the hint.
Result<ImageFile> find_boot_file(int root, BootFileKind kind);

/// The program that the kernel would start as init: `init` when it is given ("init=" of the
/// kernel's command line), else the first of /sbin/init, /etc/init, /bin/init and /bin/sh
/// (init/main.c). invalid_argument with a hint when there is none: the image is no OS.
Result<std::string> find_init(int root, const std::string& init);

}  // namespace flintctl::image
