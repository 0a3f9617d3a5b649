// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/local_image.hpp"

namespace flintctl::cmd {

/// Which VMs were made from which images.
class ImageUsers {
 public:
  /// Reads all VMs' records, of every namespace of ours.
  static Result<ImageUsers> read(containerd::Client& client);

  /// "NAMESPACE/NAME" of the VMs whose root volume, kernel or initrd is of this image.
  [[nodiscard]] std::vector<std::string> of(const image::LocalImage& image) const;

 private:
  struct Use {
    std::string vm;
    std::string digest;              ///< of what the root volume was made from
    std::vector<std::string> names;  ///< of images that the record names
  };
  std::vector<Use> uses_;
};

}  // namespace flintctl::cmd
