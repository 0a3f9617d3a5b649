// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

struct dm_task;

namespace flintctl::devmapper {

/// Tells libdevmapper who makes the nodes: udevd where it answers, else the library itself.
/// Room-internal, as all of this header; the caller holds the library's lock.
void prepare_udev();

/// The semaphore by which udevd says that it has handled a device's event. Never hangs: where udevd
/// does not answer in time (a container's IPC namespace is not udevd's), the wait is given up and
/// the library makes nodes itself from then on.
class UdevCookie {
 public:
  enum class Event {
    sent,  ///< the kernel sent one, udevd will answer
    none,  ///< the request failed before
  };

  /// False when the library could not make a semaphore.
  bool attach(dm_task* task);
  void finish(Event event);

 private:
  std::uint32_t cookie_ = 0;
};

}  // namespace flintctl::devmapper
