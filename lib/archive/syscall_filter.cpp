// SPDX-License-Identifier: Apache-2.0
#include "archive/syscall_filter.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <memory>

#include "sys/error.hpp"

namespace flintctl::archive {
namespace {

struct Release {
  void operator()(void* context) const { ::seccomp_release(context); }
};
using Filter = std::unique_ptr<void, Release>;

constexpr std::array allowed_calls = {
    // Files, all below the root that the process has by now.
    SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(close), SCMP_SYS(read), SCMP_SYS(write),
    SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(ftruncate), SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(fcntl), SCMP_SYS(getdents64), SCMP_SYS(mkdirat),
    SCMP_SYS(mknodat), SCMP_SYS(linkat), SCMP_SYS(symlinkat), SCMP_SYS(unlinkat),
    SCMP_SYS(readlinkat), SCMP_SYS(fchown), SCMP_SYS(fchownat), SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat), SCMP_SYS(utimensat), SCMP_SYS(fsetxattr), SCMP_SYS(lsetxattr),
    SCMP_SYS(fgetxattr), SCMP_SYS(fchdir), SCMP_SYS(umask), SCMP_SYS(syncfs), SCMP_SYS(fstatfs),
    // Memory that is not executed: mmap and mprotect are below.
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise),
    // Threads, signals and time, as the C library uses them.
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
    SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(tgkill), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(getrandom), SCMP_SYS(geteuid), SCMP_SYS(getegid),
    SCMP_SYS(exit), SCMP_SYS(exit_group),
    // The channel, which is open already, and what RaisedSysAdmin switches.
    SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(capget),
    SCMP_SYS(capset)};

/// A file gets its name when all its bytes are on the disk, and is locked until then.
constexpr std::array storing_calls = {SCMP_SYS(flock), SCMP_SYS(fsync), SCMP_SYS(renameat)};

/// libseccomp's functions return 0 or a negative errno.
Result<> check(int result) {
  if (result == 0) return {};
  return sys::from_errno(-result, "filtering system calls");
}

Result<> allow_if(const Filter& filter, int call, scmp_arg_cmp condition) {
  return check(::seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &condition));
}

Result<> add_conditions(const Filter& filter) {
  const auto mask = [](unsigned argument, scmp_datum_t bits, scmp_datum_t value) {
    return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, bits, value};
  };
  TRY(allow_if(filter, SCMP_SYS(mmap), mask(2, PROT_EXEC, 0)));
  TRY(allow_if(filter, SCMP_SYS(mprotect), mask(2, PROT_EXEC, 0)));
  // Threads only: no processes, no namespaces. clone3's flags lie in memory, where no filter sees
  // them; the C library falls back to clone.
  constexpr scmp_datum_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                      CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  TRY(allow_if(filter, SCMP_SYS(clone), mask(0, namespaces | CLONE_THREAD, CLONE_THREAD)));
  TRY(check(::seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0,
                                     nullptr)));
  // A thread's own working folder.
  return allow_if(filter, SCMP_SYS(unshare), {0, SCMP_CMP_EQ, CLONE_FS, 0});
}

}  // namespace

Result<> filter_syscalls(Work work) {
  const Filter filter(::seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter) return Error(Code::internal, "libseccomp makes no filter");
  for (const int call : allowed_calls) {
    TRY(check(::seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 0, nullptr)));
  }
  if (work == Work::copying) {
    for (const int call : storing_calls) {
      TRY(check(::seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 0, nullptr)));
    }
  }
  TRY(add_conditions(filter));
  // Sets no_new_privs as well.
  auto loaded = check(::seccomp_load(filter.get()));
  if (loaded || loaded.error().code() == Code::permission_denied) return loaded;
  return std::move(loaded)
      .error()
      .with_code(Code::host_not_ready)
      .with_hint("the kernel needs CONFIG_SECCOMP_FILTER");
}

}  // namespace flintctl::archive
