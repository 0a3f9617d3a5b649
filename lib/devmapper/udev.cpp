// SPDX-License-Identifier: Apache-2.0
#include "devmapper/udev.hpp"

#include <libdevmapper.h>
#include <poll.h>

#include <algorithm>
#include <chrono>

#include "sys/host.hpp"

namespace flintctl::devmapper {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience(10);

/// True once udevd answered. A System V semaphore gives no descriptor to poll, hence the backoff.
bool wait_for_udev(std::uint32_t cookie) {
  const auto deadline = Clock::now() + patience;
  int pause_ms = 1;
  for (;;) {
    int ready = 0;
    if (dm_udev_wait_immediate(cookie, &ready) == 0) return false;
    if (ready != 0) return true;
    if (Clock::now() >= deadline) return false;
    ::poll(nullptr, 0, pause_ms);
    pause_ms = std::min(pause_ms * 2, 50);
  }
}

}  // namespace

void prepare_udev() {
  if (!sys::udev_running()) dm_udev_set_sync_support(0);
  // The library would compare nodes with its own idea and complain; ensure_node() looks instead.
  dm_udev_set_checking(0);
}

bool UdevCookie::attach(dm_task* task) {
  if (dm_udev_get_sync_support() == 0) return true;
  return dm_task_set_cookie(task, &cookie_, 0) != 0;
}

void UdevCookie::finish(Event event) {
  if (cookie_ == 0) return;
  if (event == Event::none) {
    int ready = 0;
    dm_udev_wait_immediate(cookie_, &ready);
    if (ready != 0) return;
  } else if (wait_for_udev(cookie_)) {
    return;
  }
  // What udevd did not say is said for it, else the semaphore would outlive us.
  dm_udev_complete(cookie_);
  int ready = 0;
  dm_udev_wait_immediate(cookie_, &ready);
  if (event == Event::sent) dm_udev_set_sync_support(0);
}

}  // namespace flintctl::devmapper
