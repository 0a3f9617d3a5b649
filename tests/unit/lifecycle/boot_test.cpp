// SPDX-License-Identifier: Apache-2.0
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <limits>
#include <thread>

#include "fixture.hpp"
#include "lifecycle/boot_scanner.hpp"
#include "lifecycle/boot_wait.hpp"
#include "support/catch.hpp"

namespace flintctl::lifecycle {
namespace {

using testing::append;
using namespace std::chrono_literals;

BootEvent scan(std::string_view console, const std::string& marker = "") {
  auto scanner = BootScanner::create(marker);
  REQUIRE(scanner);
  return scanner->feed(console);
}

TEST_CASE("what init systems and prompts print is userspace") {
  for (const auto* line : {
           "\x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39mMulti-User System\x1b[0m.\r\n",
           "[  OK  ] Reached target Basic System.\n",
           "[    2.345678] systemd[1]: Reached target basic.target - Basic System.\n",
           "\nWelcome to \x1b[1mDebian GNU/Linux 12 (bookworm)\x1b[0m!\n",
           "Welcome to Alpine Linux 3.19\n",
           "   OpenRC 0.52 is starting up Linux 6.6.7 (x86_64)\n",
           "INIT: version 3.06 booting\n",
           "INIT: Entering runlevel: 2\n",
           "init started: BusyBox v1.35.0\n",
           "Please press Enter to activate this console.\n",
           "- runit: enter stage: /etc/runit/2\n",
           "s6-rc: info: service s6rc-oneshot-runner: starting\n",
           "debian login: ",
           "login:",
           "flint-os flint\r\nflint login: ",
       }) {
    INFO(line);
    CHECK(scan(line) == BootEvent::booted);
  }
}

TEST_CASE("kernel, initial RAM disk, rescue and shutdown are not") {
  for (const auto* line : {
           "[    1.0] Run /sbin/init as init process\n",
           "[    1.0] Freeing unused kernel image memory\n",
           "Welcome to Fedora Linux 39 dracut-059 (Initramfs)!\n",
           "[  OK  ] Reached target initrd-root-fs.target - Initrd Root File System.\n",
           "[  OK  ] Reached target Initrd Default Target.\n",
           "Welcome to emergency mode! After logging in, type journalctl\n",
           "[  OK  ] Reached target Shutdown.\n",
           "[  OK  ] Reached target System Power Off.\n",
           "BusyBox v1.35.0 (Debian 1:1.35.0-4+b3) built-in shell (ash)\n",
           "(initramfs) ",
           "[  OK  ] Reached target init",
           "logins: 3\n",
           "user=mylogin:\n",
       }) {
    INFO(line);
    CHECK(scan(line) == BootEvent::none);
  }
}

TEST_CASE("the first of panic, power-off and userspace decides") {
  CHECK(scan("[ 1.0] Kernel panic - not syncing: VFS\nlogin: ") == BootEvent::panicked);
  CHECK(scan("[ 1.0] reboot: Power down\n") == BootEvent::powered_off);
  CHECK(scan("web login: \n[ 9.0] Kernel panic - not syncing: x\n") == BootEvent::booted);
}

TEST_CASE("a marker of the user's replaces the default and may be a prompt") {
  CHECK(scan("web login: ", "^READY") == BootEvent::none);
  CHECK(scan("x\nREADY to serve\n", "^READY") == BootEvent::booted);
  CHECK(scan("/ # ", "# $") == BootEvent::booted);
  CHECK(BootScanner::create("(").error().code() == Code::invalid_argument);
  CHECK(!BootScanner::create("(").error().hint().empty());
}

TEST_CASE("a console comes in pieces") {
  auto scanner = BootScanner::create("");
  REQUIRE(scanner);
  const std::string console = "\x1b[0;32m  OK  \x1b[0m] Reached target Initrd x.\nweb login: ";
  for (std::size_t i = 0; i + 1 < console.size(); ++i) {
    const auto event = scanner->feed(console.substr(i, 1));
    // "login:" is whole one character before the end.
    if (i + 2 < console.size()) CHECK(event == BootEvent::none);
  }
  CHECK(scanner->feed(" ") == BootEvent::booted);
  CHECK(scanner->line() == "web login:");
}

TEST_CASE("a panic is quoted whole, and without an end only when nothing more comes") {
  auto scanner = BootScanner::create("");
  REQUIRE(scanner);
  const std::string before = "[ 0.9] VFS: Cannot open root device\n";
  CHECK(scanner->feed(before + "[ 1.0] Kernel panic - not syn") == BootEvent::none);
  CHECK(scanner->feed("cing: VFS: Unable to mo") == BootEvent::none);
  SECTION("the line ends") {
    CHECK(scanner->feed("unt root fs\n[ 1.1] CPU: 0") == BootEvent::panicked);
    CHECK(scanner->taken() == std::string("unt root fs\n").size());
    CHECK(scanner->line() == "[ 1.0] Kernel panic - not syncing: VFS: Unable to mount root fs");
  }
  SECTION("the console ends") {
    CHECK(scanner->finish() == BootEvent::panicked);
    CHECK(scanner->line() == "[ 1.0] Kernel panic - not syncing: VFS: Unable to mo");
  }
}

TEST_CASE("the end of a console decides by its last line") {
  const auto end_of = [](std::string_view console) {
    auto scanner = BootScanner::create("");
    REQUIRE(scanner);
    CHECK(scanner->feed(console) == BootEvent::none);
    return scanner->finish();
  };
  CHECK(end_of("[ 1.0] reboot: Power down") == BootEvent::powered_off);
  CHECK(end_of("[ OK ] Reached target Basic System.") == BootEvent::booted);
  CHECK(end_of("[ 1.0] random: crng init done") == BootEvent::none);
  CHECK(end_of("") == BootEvent::none);
}

TEST_CASE("a line without end takes bounded memory and time") {
  const std::string endless(1U << 20U, 'x');
  CHECK(scan(endless, "x+y") == BootEvent::none);
}

TEST_CASE("last lines are readable") {
  CHECK(last_lines("a\n\n\x1b[1mb\x1b[0m\r\nc", 2) == std::vector<std::string>{"b", "c"});
  CHECK(last_lines("", 3).empty());
}

struct Console {
  testing::TemporaryDirectory directory;
  std::string path = directory.path() + "/console.log";
  UniqueFd exit{::eventfd(0, EFD_CLOEXEC)};

  BootOutcome watch(std::uint64_t offset, std::chrono::milliseconds timeout,
                    std::uint64_t least_space = 0) {
    const auto report = watch_boot({path, offset, "", exit.get(), timeout, least_space});
    REQUIRE(report);
    return report->outcome;
  }
  [[nodiscard]] struct stat status() const {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status;
  }
};

TEST_CASE("an old log that contains the marker is not booted") {
  Console console;
  const std::string old = "web login: \n";
  append(console.path, old);
  CHECK(console.watch(old.size(), 50ms) == BootOutcome::timed_out);
  CHECK(console.watch(0, 50ms) == BootOutcome::booted);
}

TEST_CASE("the wait wakes when the console grows") {
  Console console;
  std::thread guest([&] {
    append(console.path, "booting\n");
    append(console.path, "web login: ");
  });
  const auto begin = std::chrono::steady_clock::now();
  CHECK(console.watch(0, 20s) == BootOutcome::booted);
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  guest.join();
}

TEST_CASE("the wait ends with the hypervisor, after its last words") {
  Console console;
  REQUIRE(::eventfd_write(console.exit.get(), 1) == 0);
  CHECK(console.watch(0, 20s) == BootOutcome::exited);
  append(console.path, "Kernel panic - not syncing: x");
  CHECK(console.watch(0, 20s) == BootOutcome::panicked);
}

constexpr auto always = std::numeric_limits<std::uint64_t>::max();

TEST_CASE("a full log makes room for what the guest says next") {
  Console console;
  const std::string flood(4U << 20U, '\n');
  append(console.path, flood);
  const auto before = console.status();
  REQUIRE(::eventfd_write(console.exit.get(), 1) == 0);
  CHECK(console.watch(0, 20s, always) == BootOutcome::exited);
  const auto after = console.status();
  CHECK(after.st_size == before.st_size);
  CHECK(after.st_blocks * 512 < 256 << 10);
  append(console.path, "web login: ");
  CHECK(console.watch(0, 20s, always) == BootOutcome::booted);
}

TEST_CASE("a log is left whole while there is room") {
  Console console;
  append(console.path, std::string(1U << 20U, '\n'));
  const auto before = console.status();
  REQUIRE(::eventfd_write(console.exit.get(), 1) == 0);
  CHECK(console.watch(0, 20s, 1) == BootOutcome::exited);
  CHECK(console.status().st_blocks == before.st_blocks);
}

TEST_CASE("a guest that never stops talking does not outrun the deadline") {
  Console console;
  append(console.path, std::string(8U << 20U, '\n'));
  const auto begin = std::chrono::steady_clock::now();
  CHECK(console.watch(0, 100ms) == BootOutcome::timed_out);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

}  // namespace
}  // namespace flintctl::lifecycle
