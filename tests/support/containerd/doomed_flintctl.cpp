// SPDX-License-Identifier: Apache-2.0
// `doomed_flintctl CHANGE NTH ARGUMENT...`: flintctl with these arguments, which kills itself at
// the NTH "before snapshot_commit" or "after lease_delete" or whatever CHANGE is.
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "cli/command.hpp"
#include "config/config.hpp"
#include "extract.hpp"
#include "host.hpp"
#include "support/containerd/doomed_client.hpp"
#include "sys/interrupt.hpp"
#include "tree.hpp"

using namespace flintctl;

namespace {

Result<std::unique_ptr<containerd::Client>> connect(const char* change, const char* nth) {
  const auto config = TRY(config::load({}));
  auto client = TRY(containerd::connect(config.containerd_address, config.containerd_namespace));
  return containerd::doomed_client(std::move(client), change, std::stoul(nth), SIGKILL);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], cmd::extract_word) == 0) {
    return cmd::extract_main(argc, argv);
  }
  if (argc < 4) return 2;
  sys::catch_interrupts();
  auto client = connect(argv[1], argv[2]);
  if (!client) {
    std::cerr << client.error().text() << '\n';
    return 6;
  }
  output::Streams streams{std::cout, std::cerr};
  cmd::GlobalOptions options;
  cmd::Host host(streams, options, *std::move(client));
  cli::Command root("flintctl", "One that does not live long");
  cmd::add_global_flags(root, options, streams);
  int verdict = 0;
  cmd::add_commands(root, host, verdict);
  const int failure = cli::run(root, argc - 2, argv + 2, streams);
  std::_Exit(failure != 0 ? failure : verdict);
}
