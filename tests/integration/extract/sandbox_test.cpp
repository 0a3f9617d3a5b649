// SPDX-License-Identifier: Apache-2.0
#include "archive/sandbox.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include "archive/capabilities.hpp"
#include "archive/mounted_root.hpp"
#include "archive/unpack.hpp"
#include "layers.hpp"
#include "support/catch.hpp"

namespace flintctl::archive {
namespace {

using testing::Folder;

/// How a process ends that confines itself as the extractor does and then does `deed`: its exit
/// status, or 1000 and the signal.
int end_of(const Folder& root, const std::function<int()>& deed, Work work = Work::extracting) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto mounted = mount_root(bind_of(root.path()), Access::read_write);
    if (!mounted || !confine_process(mounted->get(), work)) ::_exit(99);
    ::_exit(deed());
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

constexpr int forbidden = 1000 + SIGSYS;

TEST_CASE("a confined extractor that makes a forbidden call is killed") {
  const Folder root;
  const auto dies = [&](const std::function<int()>& deed) {
    return end_of(root, deed) == forbidden;
  };
  char* const none[] = {nullptr};
  CHECK(dies([&] { return ::execve("/bin/true", none, none); }));
  CHECK(dies([] { return ::socket(AF_INET, SOCK_STREAM, 0); }));
  CHECK(dies([] { return ::socket(AF_UNIX, SOCK_STREAM, 0); }));
  CHECK(dies([] { return ::mount("none", "/", nullptr, MS_REMOUNT, nullptr); }));
  CHECK(dies([] { return ::umount2("/", MNT_DETACH); }));
  CHECK(dies([] { return ::chroot("/"); }));
  CHECK(dies([] { return static_cast<int>(::syscall(SYS_pivot_root, ".", ".")); }));
  CHECK(dies([] { return ::unshare(CLONE_NEWNS); }));
  CHECK(dies([] { return ::unshare(CLONE_NEWUSER); }));
  CHECK(dies([] { return ::setns(0, 0); }));
  CHECK(dies([] { return static_cast<int>(::syscall(SYS_fork)); }));
  CHECK(dies([] { return static_cast<int>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }));
  CHECK(dies([] { return static_cast<int>(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }));
  CHECK(dies([] { return ::kill(::getppid(), 0); }));
  CHECK(dies([] { return static_cast<int>(::syscall(SYS_bpf, 0, nullptr, 0)); }));
  CHECK(dies([] { return static_cast<int>(::syscall(SYS_open_by_handle_at, 0, nullptr, 0)); }));
  CHECK(dies([] { return static_cast<int>(::syscall(SYS_init_module, nullptr, 0, "")); }));
  CHECK(dies([] { return ::setuid(0); }));
  CHECK(dies([] {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
  }));
}

TEST_CASE("a confined copier stores files in the folder that it was given, and does no more") {
  const Folder root;
  const Folder cache;
  const UniqueFd folder = cache.open();
  const auto store = [&] {
    const UniqueFd file(::openat(folder.get(), "new", O_CREAT | O_WRONLY, 0600));
    return file && ::flock(file.get(), LOCK_EX) == 0 && ::fsync(file.get()) == 0 &&
                   ::renameat(folder.get(), "new", folder.get(), "named") == 0
               ? 0
               : 1;
  };
  CHECK(end_of(root, store, Work::copying) == 0);
  CHECK(cache.has("named"));
  CHECK(end_of(root, store) == forbidden);
  CHECK(end_of(
            root, [] { return ::socket(AF_INET, SOCK_STREAM, 0); }, Work::copying) == forbidden);
  char* const none[] = {nullptr};
  CHECK(end_of(
            root, [&] { return ::execve("/bin/true", none, none); }, Work::copying) == forbidden);
  CHECK(end_of(
            root, [] { return ::openat(AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0 ? 1 : 0; },
            Work::copying) == 0);
  // Nothing longer than a kernel may be gets onto the host's disk.
  const auto write_far = [&](off_t end) {
    const UniqueFd file(::openat(folder.get(), "far", O_CREAT | O_WRONLY, 0600));
    return file && ::pwrite(file.get(), "x", 1, end - 1) == 1 ? 0 : 1;
  };
  constexpr off_t longest = off_t{512} << 20;
  CHECK(end_of(
            root, [&] { return write_far(longest); }, Work::copying) == 0);
  CHECK(end_of(
            root, [&] { return write_far(longest + 1); }, Work::copying) == 1000 + SIGXFSZ);
}

TEST_CASE("a confined extractor sees the mount and nothing of the host") {
  const Folder root;
  root.write("inside", "x");
  const auto opens = [](const char* path) { return ::openat(AT_FDCWD, path, O_RDONLY) >= 0; };
  CHECK(end_of(root, [&] { return opens("/inside") ? 0 : 1; }) == 0);
  CHECK(end_of(root, [&] { return opens("/etc/passwd") || opens("/proc/self") ? 1 : 0; }) == 0);
  CHECK(end_of(root, [&] { return opens("../../../../etc/passwd") ? 1 : 0; }) == 0);
  // No device of the host's comes to life, whatever nodes a layer makes.
  CHECK(end_of(root, [&] {
          if (::mknodat(AT_FDCWD, "/null", S_IFCHR | 0666, (1 << 8) | 3) != 0) return 2;
          return opens("/null") ? 1 : 0;
        }) == 0);
}

TEST_CASE("a confined extractor has threads, and privileges for attributes only on demand") {
  const Folder root;
  root.write("file", "x");
  CHECK(end_of(root, [] {
          int ran = 0;
          std::thread([&] { ran = 1; }).join();
          return ran == 1 ? 0 : 1;
        }) == 0);
  const auto set = [] { return ::lsetxattr("/file", "security.note", "n", 1, 0) == 0; };
  CHECK(end_of(root, [&] { return set() ? 1 : 0; }) == 0);
  CHECK(end_of(root, [&] {
          {
            const RaisedSysAdmin raised;
            if (!set()) return 1;
          }
          return set() ? 2 : 0;
        }) == 0);
}

TEST_CASE("a confined extractor cannot take more memory than it may") {
  const Folder root;
  CHECK(end_of(root, [] {
          constexpr std::size_t gibibyte = std::size_t{1} << 30U;
          return ::mmap(nullptr, gibibyte, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                        0) == MAP_FAILED
                     ? 0
                     : 1;
        }) == 0);
}

TEST_CASE("an extractor whose reading takes more memory than it may says so") {
  const Folder root;
  LayerFile file(testing::TarBuilder().file("a").finish());
  // No type that a registry lets through; here it stands for whatever takes that much.
  std::vector<Layer> layers = {file.layer()};
  layers[0].media_type = std::string(std::size_t{400} << 20U, 't');
  CHECK(end_of(root, [&] {
          Feed feed(1);
          feed.set_available(0, layers[0].size);
          UniqueFd tree(::openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY));
          const auto result = unpack(std::move(tree), layers, feed, {});
          if (result) return 1;
          return result.error().code() == Code::resource_exhausted ? 0 : 2;
        }) == 0);
}

}  // namespace
}  // namespace flintctl::archive
