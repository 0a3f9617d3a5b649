// SPDX-License-Identifier: Apache-2.0
#include "vm/logs.hpp"

#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "lifecycle/logs.hpp"
#include "vm/session.hpp"
#include "vm/targets.hpp"

namespace flintctl::cmd {
namespace {

Result<std::size_t> parse_lines(const std::string& text) {
  std::size_t lines = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lines);
  if (error == std::errc() && end == text.data() + text.size()) return lines;
  return Error(Code::invalid_argument, fmt::format("--tail '{}' is no number of lines", text));
}

}  // namespace

Result<> vm_logs(Host& host, const VmLogsOptions& options) {
  lifecycle::LogOptions log;
  log.target = TRY(vm_target(host, options.name));
  if (options.tail) log.tail = TRY(parse_lines(*options.tail));
  if (options.follow) log.follow = lifecycle::LogOptions::Follow::yes;
  const auto session = TRY(open_vm_session(host));
  auto& out = host.streams().out;
  auto read = lifecycle::read_log(*session.context, log, [&out](std::string_view bytes) {
    out << bytes << std::flush;
    return out.good();
  });
  // Ctrl-C is how a person ends following.
  if (!read && options.follow && read.error().code() == Code::cancelled) return {};
  return read;
}

void add_vm_logs(cli::Command& vm, Host& host) {
  auto options = std::make_shared<VmLogsOptions>();
  vm.add("logs", "Print what a VM's guest wrote to its console")
      .example("flintctl vm logs web --tail 20 -f", "the last lines, and what comes")
      .argument("NAME", options->name, "Name of the VM")
      .option("--tail", options->tail, "Only the last lines", "LINES")
      .flag("-f,--follow", options->follow, "Go on until the VM ends")
      .action([options, &host] { return vm_logs(host, *options); });
}

}  // namespace flintctl::cmd
