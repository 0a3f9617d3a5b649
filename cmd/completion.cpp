// SPDX-License-Identifier: Apache-2.0
#include "completion.hpp"

#include "cli/completion.hpp"

namespace flintctl::cmd {
namespace {

using Generator = std::string (*)(const cli::Outline&);

void add_shell(cli::Command& completion, const cli::Command& root, Host& host,
               const std::string& shell, Generator generate) {
  completion.add(shell, "Print the completion script for " + shell)
      .action([&root, &host, generate]() -> Result<> {
        host.streams().out << generate(cli::outline(root));
        return {};
      });
}

}  // namespace

void add_completion(cli::Command& root, Host& host) {
  cli::Command& completion = root.add("completion", "Print a shell's completion script");
  completion.example("source <(flintctl completion bash)", "complete in this shell");
  add_shell(completion, root, host, "bash", cli::bash_completion);
  add_shell(completion, root, host, "zsh", cli::zsh_completion);
  add_shell(completion, root, host, "fish", cli::fish_completion);
}

}  // namespace flintctl::cmd
