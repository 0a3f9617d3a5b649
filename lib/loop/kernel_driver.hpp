// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "loop/driver.hpp"

namespace flintctl::loop {

/// Driver by ioctl(2). Made by open(); room-internal.
class KernelDriver final : public Driver {
 public:
  explicit KernelDriver(UniqueFd control) : control_(std::move(control)) {}
  Result<std::vector<Device>> find(const std::string& file) override;
  Result<Device> describe(unsigned number) override;
  Result<Attachment> attach(const std::string& file, const AttachOptions& options) override;
  Result<> detach(unsigned number) override;
  Result<> refresh_size(unsigned number) override;

 private:
  /// Attaches with direct I/O as asked, unproven.
  Result<Attachment> configure(int file, const AttachOptions& options);
  /// Whether a loop device on the filesystem of `file` really does direct I/O, by doing some.
  bool prove_direct_io(const std::string& file, const AttachOptions& options);

  UniqueFd control_;  ///< /dev/loop-control; empty: a kernel without loop devices
};

}  // namespace flintctl::loop
