// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <iostream>

#include "cli/command.hpp"
#include "extract.hpp"
#include "host.hpp"
#include "sys/interrupt.hpp"
#include "tree.hpp"

namespace flintctl::cmd {
namespace {

[[noreturn]] void main(int argc, char** argv) {
  sys::catch_interrupts();
  output::Streams streams{std::cout, std::cerr};
  streams.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  streams.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  streams.color =
      streams.err_is_terminal && output::wants_color(std::getenv("TERM"), std::getenv("NO_COLOR"));
  GlobalOptions options;
  Host host(streams, options);
  cli::Command root("flintctl",
                    "Provision a host for microVMs, pull their images and run them: no daemon");
  add_global_flags(root, options, streams);
  int verdict = 0;  // of a command that did its work and has one
  add_commands(root, host, verdict);
  const int failure = cli::run(root, argc, argv, streams);
  const int status = failure != 0 ? failure : verdict;
  std::cerr.flush();
  // What is left is the libraries' own tidying up, the connection to containerd above all. It takes
  // longer than many a command and does nothing that the end of the process does not do.
  std::_Exit(status);
}

/// Who starts us with one of these closed must not have our own files take their numbers: what we
/// print, or an image, would go there.
void open_standard_descriptors() {
  for (;;) {
    const int lowest = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (lowest > STDERR_FILENO) ::close(lowest);
    if (lowest < 0 || lowest > STDERR_FILENO) return;
    (void)::fcntl(lowest, F_SETFD, 0);
  }
}

// Before the constructors of the libraries, of which some open files. ELF, "Initialization and
// Termination Functions".
[[gnu::section(".preinit_array"),
  gnu::used]] void (*const before_libraries)() = open_standard_descriptors;

}  // namespace
}  // namespace flintctl::cmd

int main(int argc, char** argv) {
  // The extractor is this program again, started by an image pull: it must not touch what a command
  // sets up, signal handlers first of all.
  if (argc > 1 && std::strcmp(argv[1], flintctl::cmd::extract_word) == 0) {
    return flintctl::cmd::extract_main(argc, argv);
  }
  std::ios::sync_with_stdio(false);
  flintctl::cmd::main(argc, argv);
}
