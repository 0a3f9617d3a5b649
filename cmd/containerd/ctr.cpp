// SPDX-License-Identifier: Apache-2.0
#include "containerd/ctr.hpp"

#include <unistd.h>

#include <csignal>
#include <memory>

#include "provision/containerd_program.hpp"
#include "sys/error.hpp"

namespace flintctl::cmd {

std::vector<std::string> ctr_command(const std::string& program, const config::Config& config,
                                     const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {program, "--address", config.containerd_address,
                                      "--namespace", config.containerd_namespace};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

Result<> containerd_ctr(Host& host, const ContainerdCtrOptions& options) {
  const config::Config* config = TRY(host.config());
  auto program = provision::find_containerd_program("ctr");
  if (!program) {
    return std::move(program)
        .error()
        .with_code(Code::host_not_ready)
        .with_hint("ctr comes with containerd: `apt-get install containerd`");
  }
  auto command = ctr_command(*program, *config, options.arguments);
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  host.streams().out.flush();
  // exec resets handlers, but what we ignore would stay ignored in ctr.
  std::signal(SIGPIPE, SIG_DFL);
  ::execve(program->c_str(), argv.data(), environ);
  return sys::last_error("running " + *program);
}

void add_containerd_ctr(cli::Command& containerd, Host& host) {
  auto options = std::make_shared<ContainerdCtrOptions>();
  containerd.add("ctr", "Run ctr with our socket and namespace")
      .example("flintctl containerd ctr -- content ls", "no alias needed")
      .example("flintctl containerd ctr -- snapshots --snapshotter devmapper ls",
               "flags of ctr's own come after the two dashes")
      .rest(options->arguments, "ctr's arguments")
      .action([options, &host] { return containerd_ctr(host, *options); });
}

}  // namespace flintctl::cmd
