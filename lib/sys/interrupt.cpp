// SPDX-License-Identifier: Apache-2.0
#include "sys/interrupt.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <string_view>

namespace flintctl::sys {
namespace {

// Signal handlers can reach nothing but globals.
std::atomic<bool> signal_came = false;
std::atomic<int> event = -1;

void on_signal(int number) {
  if (signal_came.exchange(true) && number == SIGINT) {
    constexpr std::string_view left =
        "\ninterrupted again: what was begun stays; the same command run again, or flintctl gc, "
        "cleans it up\n";
    (void)!::write(STDERR_FILENO, left.data(), left.size());
    ::_exit(130);
  }
  const std::uint64_t one = 1;
  if (event >= 0) (void)!::write(event, &one, sizeof one);
}

}  // namespace

void catch_interrupts() {
  (void)interrupt_fd();
  struct sigaction action = {};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction old = {};
    // A signal that the caller ignores (nohup) stays ignored.
    if (::sigaction(number, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) continue;
    ::sigaction(number, &action, nullptr);
  }
  ::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() { return signal_came; }

int interrupt_fd() {
  if (event < 0) event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return event;
}

Result<> check_interrupt() {
  if (!interrupted()) return {};
  return Error(Code::cancelled, "interrupted");
}

}  // namespace flintctl::sys
