// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "core/rollback.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"
#include "sys/lock.hpp"
#include "sys/process.hpp"

using namespace flintctl;

namespace {

std::string fresh_folder() {
  std::string path = "/tmp/flintctl-sys-XXXXXX";
  REQUIRE(::mkdtemp(path.data()) != nullptr);
  return path;
}

}  // namespace

TEST_CASE("a file is replaced whole, with its mode, and nothing else is left") {
  const std::string folder = fresh_folder();
  const Rollback cleanup([&] { (void)sys::remove_tree(folder); });
  REQUIRE(sys::write_file_atomic(folder + "/f", "one", 0600));
  REQUIRE(sys::write_file_atomic(folder + "/f", "two", 0640));
  CHECK(*sys::read_file(folder + "/f") == "two");
  CHECK(*sys::read_tail(folder + "/f", 2) == "wo");
  struct stat status = {};
  REQUIRE(::stat((folder + "/f").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
  CHECK(*sys::list_directory(folder) == std::vector<std::string>{"f"});
  CHECK(sys::read_file(folder + "/f", 2).error().code() == Code::resource_exhausted);
}

TEST_CASE("a copy has all bytes, and takes nobody's place") {
  const std::string folder = fresh_folder();
  const Rollback cleanup([&] { (void)sys::remove_tree(folder); });
  const std::string bytes(700'000, 'x');
  REQUIRE(sys::write_file_atomic(folder + "/from", bytes, 0600));
  REQUIRE(sys::copy_file(folder + "/from", folder + "/to", 0640));
  CHECK(sys::read_file(folder + "/to").value_or("") == bytes);
  const auto again = sys::copy_file(folder + "/from", folder + "/to", 0640);
  REQUIRE_FALSE(again);
  CHECK(again.error().code() == Code::already_exists);
}

TEST_CASE("what somebody named is read only if it can be read at once") {
  const std::string folder = fresh_folder();
  const Rollback cleanup([&] { (void)sys::remove_tree(folder); });
  REQUIRE(::mkfifo((folder + "/pipe").c_str(), 0600) == 0);
  REQUIRE(sys::write_file_atomic(folder + "/file", "bytes", 0600));
  REQUIRE(::symlink("pipe", (folder + "/link").c_str()) == 0);

  CHECK(sys::open_regular(folder + "/file"));
  CHECK(sys::open_input(folder + "/file"));
  for (const std::string& path : {folder + "/pipe", folder + "/link", folder}) {
    INFO(path);
    for (const auto& refused : {sys::open_regular(path), sys::open_input(path)}) {
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code() == Code::invalid_argument);
      CHECK(refused.error().text().find(path) != std::string::npos);
      CHECK_FALSE(refused.error().hint().empty());
    }
    CHECK(sys::read_file(path).error().code() == Code::invalid_argument);
    CHECK(sys::read_tail(path, 1).error().code() == Code::invalid_argument);
  }
  CHECK(sys::copy_file(folder + "/pipe", folder + "/copy", 0600).error().code() ==
        Code::invalid_argument);
  CHECK(sys::open_regular(folder + "/none").error().code() == Code::not_found);
  CHECK(sys::open_regular("/dev/null").error().code() == Code::invalid_argument);
  CHECK(sys::read_file("/dev/null").value_or("?").empty());
}

TEST_CASE("a pipe without a name is read to its end, as the shell's <(…) is") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  REQUIRE(sys::write_all(writing.get(), "through a pipe"));
  writing.reset();
  CHECK(sys::read_file(fmt::format("/dev/fd/{}", reading.get())).value_or("") == "through a pipe");
}

TEST_CASE("a tree goes without following links") {
  const std::string folder = fresh_folder();
  const Rollback cleanup([&] { (void)sys::remove_tree(folder); });
  REQUIRE(sys::make_directories(folder + "/keep"));
  REQUIRE(sys::write_file_atomic(folder + "/keep/file", "x", 0600));
  REQUIRE(sys::make_directories(folder + "/tree/a/b"));
  REQUIRE(::symlink((folder + "/keep").c_str(), (folder + "/tree/a/link").c_str()) == 0);
  REQUIRE(sys::remove_tree(folder + "/tree"));
  CHECK_FALSE(sys::exists(folder + "/tree"));
  CHECK(sys::exists(folder + "/keep/file"));
  CHECK(sys::remove_tree(folder + "/tree"));
}

TEST_CASE("what is full or read-only is told with what to do about it") {
  const auto full = sys::from_errno(ENOSPC, "writing /run/x");
  CHECK(full.code() == Code::resource_exhausted);
  CHECK(full.text() == "writing /run/x: No space left on device");
  CHECK(full.hint().find("df -h") != std::string::npos);
  CHECK(sys::from_errno(EROFS, "writing /run/x").hint().find("read-only") != std::string::npos);
  CHECK(sys::from_errno(EIO, "writing /run/x").hint().empty());
}

TEST_CASE("a second owner of a lock is told who holds it") {
  const std::string folder = fresh_folder();
  const Rollback cleanup([&] { (void)sys::remove_tree(folder); });
  {
    const auto first = sys::FileLock::acquire(folder + "/locks/a");
    REQUIRE(first);
    const auto second = sys::FileLock::acquire(folder + "/locks/a", std::chrono::milliseconds(30));
    REQUIRE_FALSE(second);
    CHECK(second.error().code() == Code::aborted);
    CHECK(second.error().text().find(std::to_string(::getpid())) != std::string::npos);
  }
  CHECK(sys::FileLock::acquire(folder + "/locks/a"));
  CHECK(sys::exists(folder + "/locks/a"));
}

TEST_CASE("a lock on a file says that it still has its name") {
  const testing::Folder folder;
  const std::string path = folder.path("a");
  const auto open = [&] { return *sys::open(path, O_RDWR | O_CREAT, 0600); };
  const UniqueFd first = open();
  UniqueFd second = open();
  CHECK(sys::lock_named(first, path).value_or(false));
  CHECK_FALSE(sys::lock_named(second, path).value_or(true));
  // Who holds it gives it another name: those that had it open must not take it for this one.
  REQUIRE(::rename(path.c_str(), folder.path("b").c_str()) == 0);
  const UniqueFd third = open();
  CHECK(sys::lock_named(third, path).value_or(false));
  CHECK(sys::lock_named(first, path).error().code() == Code::aborted);
  REQUIRE(sys::remove_file(path));
  CHECK(sys::lock_named(third, path).error().code() == Code::aborted);
}

TEST_CASE("a program runs with what it was given and nothing else") {
  const auto output =
      sys::run({"/bin/sh", "-c", "cat; ls /proc/self/fd | wc -l; env; exit 3"}, "input\n");
  REQUIRE(output);
  CHECK(output->status.code == 3);
  CHECK(output->out.find("input\n4\n") == 0);  // 0, 1, 2 and ls's own
  CHECK(output->out.find("HOME=") == std::string::npos);
}

TEST_CASE("a program that is absent or hangs is an error") {
  CHECK(sys::run({"/nonexistent"}).error().code() == Code::not_found);
  const auto late = sys::run({"/bin/sleep", "100"}, {}, std::chrono::milliseconds(50));
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == Code::deadline_exceeded);
}

TEST_CASE("a driver that the kernel has registered is in it, whatever the lists of modules say") {
  std::istringstream drivers(sys::read_file("/proc/misc").value());
  std::string minor;
  std::string driver;
  int count = 0;
  sys::KernelModules kernel;
  while (drivers >> minor >> driver) {
    if (driver.find('_') != std::string::npos) continue;  // none of a module of ours is spelled so
    ++count;
    INFO(driver);
    CHECK(kernel.loaded(driver == "loop-control" ? "loop" : driver));
  }
  CHECK(count > 0);
  CHECK_FALSE(kernel.loaded("no_such_module"));
}

TEST_CASE("what a killed program has started goes with it") {
  const std::string folder = fresh_folder();
  const Rollback cleanup([&] { (void)sys::remove_tree(folder); });
  sys::RunOptions options;
  options.own_session = true;
  options.output_limit = 1000;
  const std::string script = "sleep 1000 & echo $! >" + folder + "/pid; exec yes";
  const auto output = sys::run({"/bin/sh", "-c", script}, {}, options);
  REQUIRE_FALSE(output);
  CHECK(output.error().code() == Code::resource_exhausted);
  const pid_t pid = std::atoi(sys::read_file(folder + "/pid").value_or("0").c_str());
  REQUIRE(pid > 1);
  auto child = sys::Process::open(pid);
  // Either it is gone, or its end is seen at once: SIGKILL was sent before run() returned.
  if (child) CHECK(child->wait(std::chrono::seconds(10)));
}

TEST_CASE("a program that must not be broken off runs to its end, and its daemons hold up nobody") {
  // The sleep keeps its parent's output open, as a daemon that LVM starts does.
  const auto output =
      sys::run_to_end({"/bin/sh", "-c", "sleep 1000 & echo $!; echo no >&2; exit 3"}, {});
  REQUIRE(output);
  CHECK(output->status.code == 3);
  CHECK(output->err == "no\n");
  const pid_t daemon = std::atoi(output->out.c_str());
  REQUIRE(daemon > 1);
  CHECK(::getsid(daemon) != ::getsid(0));
  REQUIRE(::kill(daemon, SIGKILL) == 0);

  sys::RunOptions options;
  options.timeout = std::chrono::milliseconds(50);
  std::string alive = "/tmp/flintctl-alive-XXXXXX";
  ::close(::mkstemp(alive.data()));
  const auto late =
      sys::run_to_end({"/bin/sh", "-c", "echo $$ >" + alive + "; exec sleep 1000"}, options);
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == Code::deadline_exceeded);
  pid_t pid = 0;
  while (pid == 0) pid = std::atoi(sys::read_file(alive).value_or("").c_str());
  CHECK(::kill(pid, SIGKILL) == 0);  // it was not killed
  ::unlink(alive.c_str());
}

TEST_CASE("a gated child runs only once the gate opens, and ends when it closes") {
  int gate[2] = {-1, -1};
  REQUIRE(::pipe2(gate, O_CLOEXEC) == 0);
  UniqueFd read_end(gate[0]);
  UniqueFd write_end(gate[1]);
  sys::SpawnOptions options;
  options.argv = {"/bin/true"};
  options.gate = read_end.get();
  auto child = sys::Process::spawn(options);
  REQUIRE(child);
  read_end.reset();
  CHECK_FALSE(child->ended());
  SECTION("opened") {
    REQUIRE(sys::write_all(write_end.get(), "x"));
    CHECK(child->wait(std::chrono::seconds(10))->ok());
  }
  SECTION("closed") {
    write_end.reset();
    CHECK(child->wait(std::chrono::seconds(10))->code == 127);
  }
}

/// A file in memory that holds its number.
UniqueFd numbered_file(int number) {
  UniqueFd file(::memfd_create("numbered", MFD_CLOEXEC));
  REQUIRE(file);
  REQUIRE(sys::write_all(file.get(), std::to_string(number) + "\n"));
  return file;
}

TEST_CASE("a child gets hundreds of descriptors, each at its number, and no other") {
  constexpr int first = 4;
  constexpr int last = first + 512;
  rlimit before = {};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit usual = {1024, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
  const UniqueFd out = numbered_file(0);
  std::vector<UniqueFd> files;
  sys::SpawnOptions options;
  options.argv = {"/bin/cat"};
  options.descriptors = {{out.get(), 1}};
  std::string expected = "0\n";
  for (int number = first; number < last; ++number) {
    files.push_back(numbered_file(number));
    options.descriptors.emplace_back(files.back().get(), number);
    options.argv.push_back(fmt::format("/proc/self/fd/{}", number));
    expected += std::to_string(number) + "\n";
  }
  auto child = sys::Process::spawn(options);
  INFO((child ? std::string() : child.error().text()));
  REQUIRE(child);
  CHECK(child->wait()->ok());
  CHECK(sys::read_file(fmt::format("/proc/self/fd/{}", out.get())).value_or("") == expected);

  const UniqueFd listing = numbered_file(0);
  options.argv = {"/bin/ls", "-U", "/proc/self/fd"};
  options.descriptors[0].first = listing.get();
  child = sys::Process::spawn(options);
  REQUIRE(child);
  CHECK(child->wait()->ok());
  const auto seen = sys::read_file(fmt::format("/proc/self/fd/{}", listing.get())).value_or("");
  // Those, the first three, and the folder that is being listed; the first line is the file's own.
  CHECK(std::count(seen.begin(), seen.end(), '\n') == 1 + 512 + 3 + 1);
  CHECK(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("a process is known by its start time") {
  const auto own = sys::start_time(::getpid());
  REQUIRE(own);
  CHECK(*own > 0);
  CHECK(sys::start_time(1));
  CHECK(sys::boot_id()->size() == 36);
}

TEST_CASE("who interrupts twice is told that something is left") {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(write_end.get(), STDERR_FILENO);
    sys::catch_interrupts();
    (void)::raise(SIGINT);
    (void)::raise(SIGINT);
    ::_exit(0);
  }
  write_end.reset();
  std::string said;
  char buffer[512];
  for (ssize_t count = 0; (count = ::read(read_end.get(), buffer, sizeof buffer)) > 0;) {
    said.append(buffer, static_cast<std::size_t>(count));
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(said.find("flintctl gc") != std::string::npos);
}

TEST_CASE("an interrupt from the outside ends a child by signal") {
  sys::SpawnOptions options;
  options.argv = {"/bin/sleep", "100"};
  auto child = sys::Process::spawn(options);
  REQUIRE(child);
  REQUIRE(child->signal(SIGTERM));
  const auto status = child->wait(std::chrono::seconds(10));
  REQUIRE(status);
  CHECK(status->signal == SIGTERM);
  CHECK(status->text().find("killed by signal 15") == 0);
}

TEST_CASE("a program that is deleted while it runs", "[.deleted]") {
  // In a process of the next test's.
  const std::string self = sys::own_executable().value();
  REQUIRE(sys::remove_file(self));
  const auto gone = sys::own_executable();
  REQUIRE_FALSE(gone);
  CHECK(gone.error().text() == self + " was deleted while it runs");
  REQUIRE(sys::write_file_atomic(self, "another", 0755));
  const auto replaced = sys::own_executable();
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().text() == self + " was replaced while it runs");
}

TEST_CASE("a program that was deleted or replaced while it runs has no path of its own") {
  const std::string folder = fresh_folder();
  const Rollback cleanup([&] { (void)sys::remove_tree(folder); });
  const std::string copy = folder + "/unit";
  REQUIRE(std::filesystem::copy_file("/proc/self/exe", copy));
  const auto run = sys::run({copy, "[.deleted]"}, {}, std::chrono::seconds(60));
  REQUIRE(run);
  INFO(run->out);
  CHECK(run->status.ok());
  CHECK(run->out.find("All tests passed (6 assertions") != std::string::npos);
}
