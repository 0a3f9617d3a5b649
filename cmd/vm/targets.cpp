// SPDX-License-Identifier: Apache-2.0
#include "vm/targets.hpp"

#include <fmt/format.h>

#include "inventory/records.hpp"
#include "vm/name.hpp"

namespace flintctl::cmd {

Result<lifecycle::Target> vm_target(Host& host, std::string_view text) {
  const auto& of_flag = host.options().vm_namespace;
  std::string_view name = text;
  if (name.starts_with("vm/")) name.remove_prefix(3);
  lifecycle::Target target{of_flag, std::string(name)};
  if (const auto slash = name.find('/'); slash != std::string_view::npos) {
    target = {std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))};
    if (of_flag != "default" && of_flag != target.name_space) {
      return Error(Code::invalid_argument,
                   fmt::format("VM '{}' is not in the namespace '{}' of -n", name, of_flag))
          .with_hint("leave -n out");
    }
  }
  TRY(vm::check_name("namespace", target.name_space));
  TRY(vm::check_name("VM name", target.name));
  return target;
}

void add_selector_flag(cli::Command& command, std::string& selector) {
  command.option("-l,--selector", selector, "VMs with these labels: app=web,tier!=db,gpu,!old",
                 "LABELS");
}

void add_vm_choice(cli::Command& command, VmChoice& choice, const std::string& help) {
  command.arguments("NAME", choice.names, 0, help);
  add_selector_flag(command, choice.selector);
}

Result<VmTargets> parse_choice(Host& host, const VmChoice& choice) {
  VmTargets targets;
  targets.selector = TRY(vm::Selector::parse(choice.selector));
  // An empty selector, as of a variable that is not set, must not mean all of them.
  if (choice.names.empty() && choice.selector.empty()) {
    return Error(Code::invalid_argument, "no VM is named")
        .with_hint("give names, or labels with -l KEY=VALUE");
  }
  if (!choice.names.empty() && !choice.selector.empty()) {
    return Error(Code::invalid_argument, "names and -l exclude each other")
        .with_hint("give one of them");
  }
  for (const auto& name : choice.names) targets.named.push_back(TRY(vm_target(host, name)));
  if (choice.names.empty()) targets.form = Changes::Form::list;
  return targets;
}

Result<std::vector<Subject>> find_targets(Host& host, const lifecycle::Context& context,
                                          const VmTargets& targets) {
  std::vector<Subject> subjects;
  for (const auto& target : targets.named) subjects.push_back({target.name, target.name_space});
  if (targets.form == Changes::Form::one_or_list) return subjects;
  const auto& options = host.options();
  const auto name_space =
      options.all_namespaces ? std::nullopt : std::optional(options.vm_namespace);
  for (const auto& summary : TRY(inventory::Records(context.client).list(name_space))) {
    if (!targets.selector.matches(summary.labels)) continue;
    subjects.push_back({summary.name, summary.name_space});
  }
  if (subjects.empty() && !host.streams().quiet) host.streams().err << "No VM has these labels.\n";
  return subjects;
}

lifecycle::Target target_of(const Subject& subject) { return {subject.name_space, subject.name}; }

}  // namespace flintctl::cmd
