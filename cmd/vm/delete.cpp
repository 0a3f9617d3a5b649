// SPDX-License-Identifier: Apache-2.0
#include "vm/delete.hpp"

#include <memory>

#include "lifecycle/remove.hpp"
#include "outcome.hpp"
#include "sys/host.hpp"
#include "vm/session.hpp"

namespace flintctl::cmd {

Result<> vm_delete(Host& host, const VmDeleteOptions& options) {
  using lifecycle::DeleteOptions;
  TRY(host.format());
  const auto targets = TRY(parse_choice(host, options.choice));
  TRY(sys::require_root("deleting a VM"));
  const auto session = TRY(open_vm_session(host));
  // Of those selected, one that somebody else deletes meanwhile is no failure.
  const bool may_be_gone = options.ignore_not_found || targets.form == Changes::Form::list;
  const auto missing = may_be_gone ? DeleteOptions::Missing::ignore : DeleteOptions::Missing::error;
  const auto remove = [&](const Subject& vm) {
    return lifecycle::delete_vm(*session.context, {target_of(vm), missing});
  };
  return change_each(host, TRY(find_targets(host, *session.context, targets)),
                     {vm_kind, "deleted", remove, targets.form});
}

void add_vm_delete(cli::Command& vm, Host& host) {
  auto options = std::make_shared<VmDeleteOptions>();
  auto& remove = vm.add("delete", "Delete VMs with their disks, running or not");
  remove.alias("rm")
      .details("Returns when the hypervisor has ended and the root volume's device is gone.")
      .example("flintctl vm delete web", "with all it has")
      .example("flintctl vm delete -l app=web -A", "all with that label, of all namespaces")
      .flag("--ignore-not-found", options->ignore_not_found, "Absent VMs are no error")
      .action([options, &host] { return vm_delete(host, *options); });
  add_vm_choice(remove, options->choice, "VMs to delete");
}

}  // namespace flintctl::cmd
