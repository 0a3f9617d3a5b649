// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "image/settings.hpp"

namespace flintctl::cmd {

/// `image import FILE [REF]`.
struct ImageImportOptions {
  std::string file;        ///< a folder, a tar, an ext4 file, or "-" for standard input
  std::string name;        ///< empty: what the images call themselves
  std::string other_name;  ///< the same by its flag; not both
  bool rootfs = false;
  InstallFlags flags;
};

/// Imports all images of an OCI layout or of `docker save`, or a file system as an image.
/// Prints "image/NAME imported" or "image/NAME unchanged" for each.
Result<> image_import(Host& host, const ImageImportOptions& options);

void add_image_import(cli::Command& image, Host& host);

}  // namespace flintctl::cmd
