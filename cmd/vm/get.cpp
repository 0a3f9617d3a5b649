// SPDX-License-Identifier: Apache-2.0
#include "vm/get.hpp"

#include <memory>

#include "inventory/records.hpp"
#include "vm/details.hpp"
#include "vm/session.hpp"
#include "vm/targets.hpp"
#include "vm/view.hpp"

namespace flintctl::cmd {
namespace {

/// A hypervisor that is healthy answers in milliseconds.
constexpr auto answer_timeout = std::chrono::seconds(3);

}  // namespace

Result<> vm_get(Host& host, const std::string& name) {
  const auto format = TRY(host.format());
  const auto target = TRY(vm_target(host, name));
  const auto session = TRY(open_vm_session(host));
  const auto& context = *session.context;
  const auto summary = TRY(inventory::Records(context.client).find(target.name_space, target.name));
  auto status = lifecycle::statuses(context).ask(summary, answer_timeout);
  const auto details = TRY(vm_details(context, summary, std::move(status)));
  auto& out = host.streams().out;
  if (format.kind == output::Kind::name) {
    out << shown_name(host, vm_kind, {target.name, target.name_space}) << '\n';
    return {};
  }
  if (format.is_table()) {
    print_details(out, details);
    return {};
  }
  return output::print_value(out, format, to_value(details));
}

void add_vm_get(cli::Command& vm, Host& host) {
  auto name = std::make_shared<std::string>();
  vm.add("get", "Show one VM: what was asked for, and what it does now")
      .example("flintctl vm get web -o jsonpath={.status.phase}", "for a script")
      .argument("NAME", *name, "Name of the VM")
      .action([name, &host] { return vm_get(host, *name); });
}

}  // namespace flintctl::cmd
