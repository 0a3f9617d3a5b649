// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include "core/unique_fd.hpp"
#include "machine.hpp"
#include "options.hpp"
#include "server.hpp"

int main(int argc, char** argv) {
  using namespace fake_firecracker;
  const Options options = parse_options(argc, argv);
  if (options.version) {
    fmt::print("Firecracker v{}\n\n", options.version_number);
    return 0;
  }
  if (!options.last_words.empty()) {
    fmt::print(stderr, "{}\n", options.last_words);
    return 1;
  }
  if (!options.log_path.empty() && ::access(options.log_path.c_str(), W_OK) != 0) {
    fmt::print(stderr,
               "Error: Could not initialize logger: No such file or directory (os error 2)\n");
    return 1;
  }
  flintctl::UniqueFd listener;
  if (!listen_at(options.api_sock, listener)) {
    fmt::print(stderr,
               "Error: RunWithApi(FailedToBindSocket): Failed to open the API socket at: {}. "
               "Check that it is not already used.\n",
               options.api_sock);
    return 1;
  }
  Machine machine(options);
  machine.log("Running Firecracker v" + options.version_number);
  serve(listener.get(), [&](const Request& request) { return machine.handle(request); });
}
