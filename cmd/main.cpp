// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <iostream>

#include "cli/command.hpp"
#include "host.hpp"
#include "sys/interrupt.hpp"
#include "version.hpp"

namespace flintctl::cmd {
namespace {

bool wants_color() {
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::strcmp(term, "dumb") != 0 &&
         (no_color == nullptr || *no_color == '\0');
}

void add_global_flags(cli::Command& root, GlobalOptions& options) {
  root.option("-o,--output", options.output,
              "How to print: table, wide, json, yaml, name or jsonpath=PATH", "FORMAT");
  root.option("-n,--namespace", options.vm_namespace, "Namespace of VMs", "NAME");
  root.flag("-A,--all-namespaces", options.all_namespaces, "VMs of all namespaces");
  root.flag("--no-headers", options.no_headers, "Tables without their titles");
  root.option("--containerd-address", options.containerd_address, "Socket of containerd", "PATH");
  root.option("--containerd-namespace", options.containerd_namespace,
              "Namespace in containerd (flintlock unless configured)", "NAME");
  root.option("--pool", options.pool, "Name of the thin pool", "NAME");
  root.option("--config", options.config_file, "Configuration file", "FILE");
  root.flag("-q,--quiet", options.quiet, "Print results only, no notes and no progress");
  root.flag("--no-color", options.no_color, "Print without colours");
  root.counter("-v,--verbose", options.verbosity, "Say more; repeat for more");
}

void add_commands(cli::Command& root, Host& host) { add_version(root, host); }

int main(int argc, char** argv) {
  sys::catch_interrupts();
  output::Streams streams{std::cout, std::cerr};
  streams.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  streams.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  streams.color = wants_color();
  GlobalOptions options;
  Host host(streams, options);
  cli::Command root("flintctl",
                    "Provision a host for microVMs, pull their images and run them: no daemon");
  add_global_flags(root, options);
  add_commands(root, host);
  return cli::run(root, argc, argv, streams);
}

}  // namespace
}  // namespace flintctl::cmd

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return flintctl::cmd::main(argc, argv);
}
