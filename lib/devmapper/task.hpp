// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "core/result.hpp"

struct dm_task;

namespace flintctl::devmapper {

struct FreeTask {
  void operator()(dm_task* task) const;
};

/// One request to the kernel's device-mapper, owned. libdevmapper keeps its state (control
/// descriptor, pending nodes, log function) in globals of its own and is not thread-safe, so a task
/// holds the one lock that guards it from construction to destruction. Room-internal.
class Task {
 public:
  /// `type` is a DM_DEVICE_* value, `what` the attempt in words, for errors.
  static Result<Task> create(int type, std::string what);

  [[nodiscard]] dm_task* get() const { return task_.get(); }
  Result<> set_name(const std::string& name);
  /// Runs it. An errno of the kernel becomes the matching code; what libdevmapper would have
  /// printed is kept out of sight, and told only when there is no errno.
  Result<> run();
  /// The same, and returns once udevd has handled the event, where udevd is there to do so.
  Result<> run_synchronised();
  /// An error for a request that failed at the library's side.
  Error failure();

 private:
  Task(std::unique_lock<std::mutex> lock, std::unique_ptr<dm_task, FreeTask> task,
       std::string what);

  std::unique_lock<std::mutex> lock_;  // outlives task_: destroyed after it
  std::unique_ptr<dm_task, FreeTask> task_;
  std::string what_;
};

}  // namespace flintctl::devmapper
