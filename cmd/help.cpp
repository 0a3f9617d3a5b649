// SPDX-License-Identifier: Apache-2.0
#include "help.hpp"

#include <memory>

namespace flintctl::cmd {

void add_help(cli::Command& root, Host& host) {
  auto words = std::make_shared<std::vector<std::string>>();
  root.add("help", "Show the help of a command")
      .example("flintctl help vm create", "the same as 'flintctl vm create --help'")
      .arguments("COMMAND", *words, 0, "Words of the command")
      .action([words, &root, &host] { return cli::print_help(root, *words, host.streams()); });
}

}  // namespace flintctl::cmd
