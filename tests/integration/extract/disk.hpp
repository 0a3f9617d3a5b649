// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/mount.h>

#include "archive/job.hpp"
#include "loop/driver.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "sys/mount.hpp"
#include "sys/process.hpp"

namespace flintctl::archive {

/// An ext4 filesystem on a loop device, gone at scope exit.
class Disk {
 public:
  explicit Disk(const std::string& size = "256M") {
    const std::string file = folder_.path("disk");
    require(sys::run({"/usr/bin/truncate", "-s", size, file}));
    require(sys::run({value_of(sys::find_program("mkfs.ext4")), "-q", file}));
    driver_ = value_of(loop::open());
    loop_ = value_of(driver_->attach(file, {}));
  }

  [[nodiscard]] std::string device() const { return loop_.device.path(); }
  [[nodiscard]] Mount mount() const { return {"ext4", device(), {}}; }

  /// Whether no filesystem on it is mounted, in any namespace. open(2), O_EXCL.
  [[nodiscard]] bool is_free() const {
    return UniqueFd(::open(device().c_str(), O_RDWR | O_EXCL | O_CLOEXEC)).get() >= 0;
  }

 private:
  template <typename T>
  static T value_of(Result<T> result) {
    if (!result) FAIL(result.error().text());
    return *std::move(result);
  }
  static void require(const Result<sys::Output>& output) {
    if (!output) FAIL(output.error().text());
    INFO(output->err);
    REQUIRE(output->status.ok());
  }

  testing::Folder folder_;
  std::unique_ptr<loop::Driver> driver_;
  loop::Attachment loop_;
};

/// A disk mounted for the test to look into.
class Mounted {
 public:
  explicit Mounted(const Disk& disk) {
    const auto mounted = sys::mount(disk.device(), folder_.path(), "ext4", MS_RDONLY);
    if (!mounted) FAIL(mounted.error().text());
  }
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;
  ~Mounted() { (void)sys::unmount(folder_.path()); }
  const testing::Folder* operator->() const { return &folder_; }

 private:
  testing::Folder folder_;
};

}  // namespace flintctl::archive
