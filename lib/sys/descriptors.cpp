// SPDX-License-Identifier: Apache-2.0
#include "sys/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <mutex>

namespace flintctl::sys {

void allow_descriptors(std::size_t more) {
  static std::mutex mutex;  // several images come at once
  const std::lock_guard lock(mutex);
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur += std::min<rlim_t>(more, limit.rlim_max - limit.rlim_cur);
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace flintctl::sys
