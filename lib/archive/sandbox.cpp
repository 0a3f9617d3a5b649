// SPDX-License-Identifier: Apache-2.0
#include "archive/sandbox.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "archive/capabilities.hpp"
#include "archive/mounted_root.hpp"
#include "archive/syscall_filter.hpp"
#include "core/units.hpp"
#include "sys/error.hpp"
#include "sys/sha256.hpp"

namespace flintctl::archive {
namespace {

/// The widest zstd window is 128 MiB, the queue 8 MiB, the stacks of threads hardly more.
constexpr rlim_t most_memory = 512 * mib;
/// A kernel is unpacked in memory, and may be 512 MiB before and after.
constexpr rlim_t most_for_kernels = 1536 * mib;
/// What is copied goes to the host's disk: no further than this, whatever the copier thinks of it.
constexpr rlim_t longest_copy = 512 * mib;

/// Makes the mount at `root` the root of the process's mount namespace, and takes away all others.
Result<> leave_host(int root) {
  if (::fchdir(root) != 0) return sys::last_error("entering the mount");
  // With both names the same, the old root lies over the new one, and goes at once. pivot_root(2).
  if (::syscall(SYS_pivot_root, ".", ".") == 0) {
    if (::umount2(".", MNT_DETACH) == 0 && ::chdir("/") == 0) return {};
    return sys::last_error("leaving the host's root folder");
  }
  // The root of a host that runs from its initramfs cannot be moved away, only covered.
  if (errno != EINVAL || ::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 || ::chroot(".") != 0 ||
      ::chdir("/") != 0) {
    return sys::last_error("changing the root folder");
  }
  return {};
}

Result<> set_limit(int resource, rlim_t value) {
  const rlimit limit = {value, value};
  // NOLINTNEXTLINE(bugprone-narrowing-conversions): an enum to glibc's C++ prototype
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0) return {};
  return sys::last_error("limiting the extractor");
}

Result<> confine(int root, Work work) {
  // libcrypto looks for its configuration when it is first used: not in the image.
  (void)sys::sha256_hex("");
  ::umask(0);
  TRY(leave_host(root));
  TRY(set_limit(RLIMIT_CORE, 0));
  if (work == Work::copying) TRY(set_limit(RLIMIT_FSIZE, longest_copy));
  TRY(set_limit(RLIMIT_DATA, work == Work::copying ? most_for_kernels : most_memory));
  TRY(drop_capabilities(SysAdmin::on_demand));
  return filter_syscalls(work);
}

}  // namespace

Result<> separate_thread() {
  if (::unshare(CLONE_FS) != 0) return sys::last_error("separating the thread's folders");
  ::umask(0);
  return {};
}

Result<> confine_process(int root, Work work) {
  auto confined = confine(root, work);
  if (!confined) return fault_of_host(std::move(confined).error());
  return confined;
}

}  // namespace flintctl::archive
