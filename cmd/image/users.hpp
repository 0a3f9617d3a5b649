// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/local_image.hpp"
#include "output/streams.hpp"

namespace flintctl::cmd {

/// Which VMs were made from which images.
class ImageUsers {
 public:
  /// Reads all VMs' records, of every namespace of ours.
  static Result<ImageUsers> read(containerd::Client& client);

  /// Why a VM's record could not be read, if one could not: that VM may use any image.
  [[nodiscard]] const std::optional<Error>& unread() const { return unread_; }
  /// Says so to who is shown users nevertheless.
  void warn(output::Streams& streams) const;

  /// "NAMESPACE/NAME" of the VMs whose root volume, kernel or initrd is of this image.
  [[nodiscard]] std::vector<std::string> of(const image::LocalImage& image) const;

 private:
  struct Use {
    std::string vm;
    std::string digest;              ///< of what the root volume was made from
    std::vector<std::string> names;  ///< of images that the record names
  };
  std::vector<Use> uses_;
  std::optional<Error> unread_;
};

}  // namespace flintctl::cmd
