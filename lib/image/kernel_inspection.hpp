// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "archive/job.hpp"
#include "core/result.hpp"
#include "image/kernel_format.hpp"

namespace flintctl::image {

/// What to take out of an image. An empty file name: found by itself.
struct BootRequest {
  enum class Parts { kernel_and_initrd, kernel, initrd };
  Parts parts = Parts::kernel_and_initrd;
  KernelFormat format = KernelFormat::as_is;
  std::string kernel_file;  ///< within the image: "boot/vmlinuz-6.1.0"
  std::string initrd_file;
  bool operator==(const BootRequest&) const = default;
};

/// Names of files in the kernel cache; empty when there is none or it was not asked for.
struct StoredBootFiles {
  std::string kernel;
  std::string initrd;
};

/// Mounts a snapshot read-only in a child with a mount namespace of its own, copies kernel and
/// initrd into the folder `cache`, and unmounts: afterwards nothing keeps the snapshot busy. An
/// image without an initrd is fine unless the initrd was named or is all that was asked for.
Result<StoredBootFiles> copy_boot_files(const archive::Mount& mount, const BootRequest& request,
                                        int cache);

/// Which program of the mounted image the kernel would start as init; `init` is what its command
/// line names, or empty. not_found with a hint when there is none. See find_init().
Result<std::string> check_init(const archive::Mount& mount, const std::string& init = {});

/// What `flintctl __extract inspect` does, the child of the two above. Returns the exit status.
int run_inspect_child();

}  // namespace flintctl::image
