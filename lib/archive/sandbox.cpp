// SPDX-License-Identifier: Apache-2.0
#include "archive/sandbox.hpp"

#include <linux/capability.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "sys/error.hpp"

namespace flintctl::archive {
namespace {

constexpr std::uint32_t kept_capabilities = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE |
                                            1U << CAP_FOWNER | 1U << CAP_FSETID | 1U << CAP_MKNOD |
                                            1U << CAP_SETFCAP;

Result<> drop_capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets = {};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) {
    return sys::last_error("reading the thread's capabilities");
  }
  // SETFCAP is below 32, so all that is kept lies in the first word.
  sets[0].permitted &= kept_capabilities;
  sets[0].effective &= kept_capabilities;
  sets[0].inheritable = 0;
  sets[1] = {};
  if (::syscall(SYS_capset, &header, sets.data()) != 0) {
    return sys::last_error("dropping capabilities");
  }
  return {};
}

}  // namespace

Result<> confine_thread(int root) {
  if (::unshare(CLONE_FS) != 0) return sys::last_error("separating the thread's folders");
  ::umask(0);
  if (::geteuid() != 0) return {};  // has nothing to give away
  if (::fchdir(root) != 0 || ::chroot(".") != 0) return sys::last_error("changing the root folder");
  return drop_capabilities();
}

}  // namespace flintctl::archive
