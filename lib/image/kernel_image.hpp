// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "image/saved_image.hpp"
#include "oci/platform.hpp"

namespace flintctl::image {

/// An installed kernel of a distribution.
struct InstalledKernel {
  std::string file;                          ///< "/boot/vmlinuz-6.1.0-13-amd64"
  std::string modules = {};                  ///< empty: /lib/modules/VERSION
  std::string busybox = "/usr/bin/busybox";  ///< static: runs before there is a root disk
};

/// The version that a bzImage says it has: "6.1.0-13-amd64". data_loss when it is none.
/// Linux, Documentation/arch/x86/boot.rst, kernel_version.
Result<std::string> kernel_version(std::string_view bzimage);

/// An initial RAM disk that loads the virtio drivers and ext4 from the folder of a kernel's
/// modules, mounts the disk that root= names (/dev/vda), and starts its init=.
Result<std::string> build_initrd(const std::string& modules, std::string_view busybox);

/// The kernel and such an initrd as an image, boot/vmlinuz and boot/initrd, for `vm create
/// --kernel`. An unnamed file in `spool` holds it.
Result<SavedImage> build_kernel_image(const InstalledKernel& kernel, const oci::Platform& platform,
                                      const std::string& spool);

}  // namespace flintctl::image
