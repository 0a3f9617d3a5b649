// SPDX-License-Identifier: Apache-2.0
#include "vm/logs.hpp"

#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "lifecycle/logs.hpp"
#include "vm/name.hpp"
#include "vm/session.hpp"
#include "vm/targets.hpp"

namespace flintctl::cmd {
namespace {

Result<std::size_t> parse_lines(const std::string& text) {
  std::size_t lines = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lines);
  if (error == std::errc() && end == text.data() + text.size()) return lines;
  return Error(Code::invalid_argument, fmt::format("--tail '{}' is no number of lines", text))
      .with_hint("use for example --tail 20");
}

/// A guest that never spoke leaves the reason to its hypervisor.
void note_empty(Host& host, const lifecycle::Target& target) {
  if (host.streams().quiet) return;
  host.streams().err << fmt::format(
      "the console is empty; '{}' shows what its hypervisor said\n",
      vm::vm_command("logs --hypervisor", target.name_space, target.name));
}

}  // namespace

Result<> vm_logs(Host& host, const VmLogsOptions& options) {
  lifecycle::LogOptions log;
  log.target = TRY(vm_target(host, options.name));
  if (options.tail) log.tail = TRY(parse_lines(*options.tail));
  if (options.follow) log.follow = lifecycle::LogOptions::Follow::yes;
  if (options.hypervisor) log.of = lifecycle::LogOptions::Of::hypervisor;
  const auto session = TRY(open_vm_session(host));
  auto& out = host.streams().out;
  bool empty = true;
  auto read = lifecycle::read_log(*session.context, log, [&](std::string_view bytes) {
    empty = empty && bytes.empty();
    out << bytes << std::flush;
    return out.good();
  });
  // Ctrl-C is how a person ends following.
  if (!read && options.follow && read.error().code() == Code::cancelled) return {};
  if (read && empty && !options.hypervisor) note_empty(host, log.target);
  return read;
}

void add_vm_logs(cli::Command& vm, Host& host) {
  auto options = std::make_shared<VmLogsOptions>();
  vm.add("logs", "Print what a VM's guest wrote to its console")
      .example("flintctl vm logs web --tail 20 -f", "the last lines, and what comes")
      .argument("NAME", options->name, "Name of the VM")
      .example("flintctl vm logs web --hypervisor", "why it did not come up, when it said nothing")
      .option("--tail", options->tail, "Only the last lines", "LINES")
      .flag("--hypervisor", options->hypervisor, "What the hypervisor wrote, not the guest")
      .flag("-f,--follow", options->follow, "Go on until the VM ends")
      .action([options, &host] { return vm_logs(host, *options); });
}

}  // namespace flintctl::cmd
