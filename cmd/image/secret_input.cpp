// SPDX-License-Identifier: Apache-2.0
#include "image/secret_input.hpp"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>

#include "core/rollback.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::cmd {
namespace {

constexpr std::size_t max_line = 16 << 10;

/// Byte by byte: what follows the line is another reader's. `woken` hears of signals.
Result<std::string> read_line(const std::function<void()>& woken = [] {}) {
  std::string line;
  for (char c = 0; line.size() < max_line;) {
    const ssize_t count = ::read(STDIN_FILENO, &c, 1);
    TRY(sys::check_interrupt());
    if (count < 0 && errno == EINTR) {
      woken();
      continue;
    }
    if (count < 0) return sys::last_error("reading standard input");
    if (count == 0 || c == '\n') break;
    line += c;
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace

Result<std::string> read_secret_line(const std::string& prompt) {
  termios shown{};
  if (::tcgetattr(STDIN_FILENO, &shown) != 0) return read_line();
  TRY(sys::write_all(STDERR_FILENO, prompt));
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  // A shell that stopped us with ^Z lets the terminal echo again.
  struct sigaction on_continue = {};
  struct sigaction before = {};
  on_continue.sa_handler = [](int) {};
  ::sigaction(SIGCONT, &on_continue, &before);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  const Rollback restore([&] {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    ::sigaction(SIGCONT, &before, nullptr);
    (void)sys::write_all(STDERR_FILENO, "\n");
  });
  return read_line([&] { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden); });
}

Result<oci::Credentials> read_credentials() {
  const auto line = TRY(read_secret_line("USER:PASSWORD: "));
  const auto colon = line.find(':');
  if (colon == std::string::npos || colon == 0) {
    return Error(Code::invalid_argument, "--creds-stdin wants one line, USER:PASSWORD");
  }
  return oci::Credentials{line.substr(0, colon), line.substr(colon + 1), ""};
}

}  // namespace flintctl::cmd
