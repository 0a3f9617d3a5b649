// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::image {

/// An unnamed file for what is read once and unpacked: it goes with its last descriptor. The disk
/// is others' too, running VMs' for one, and a few compressed bytes may be a disk full of zeros: a
/// twentieth of it stays free.
class SpoolFile {
 public:
  /// `folder` is made if it is not there; `most`: bytes that the file may hold.
  static Result<SpoolFile> create(const std::string& folder, std::uint64_t most);

  /// resource_exhausted when the file would hold too much, or the disk too little.
  Result<> append(std::string_view bytes);

  /// For a child that writes it.
  [[nodiscard]] const UniqueFd& writer() const { return fd_; }
  /// A descriptor for reading, of its own, at the beginning.
  [[nodiscard]] Result<UniqueFd> reader() const;

 private:
  SpoolFile(UniqueFd fd, std::string folder, std::uint64_t most)
      : fd_(std::move(fd)), folder_(std::move(folder)), most_(most) {}

  UniqueFd fd_;
  std::string folder_;
  std::uint64_t most_;
  std::uint64_t size_ = 0;
  std::uint64_t unchecked_ = 0;  ///< bytes since the disk's space was asked for
};

}  // namespace flintctl::image
