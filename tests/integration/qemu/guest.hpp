// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "vmm/machine.hpp"

namespace flintctl::test {

/// A temporary folder with a guest in it: the cloud kernel of this host's package, an initrd with
/// busybox and the virtio modules, and an ext4 image whose init does what `do=` says. Removed at
/// scope exit.
class Guest {
 public:
  Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  ~Guest();

  /// A machine over a fresh copy of the root image, with its own uid and folders.
  vmm::Machine machine() const;
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::string kernel_;
};

/// Waits until the file holds `text` behind `offset`, and returns the whole of it from there; a
/// failed test with what there is otherwise.
std::string await_text(const std::string& path, const std::string& text,
                       std::chrono::seconds timeout, std::size_t offset = 0);

}  // namespace flintctl::test
