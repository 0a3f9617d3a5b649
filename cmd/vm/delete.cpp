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
  TRY(sys::require_root("deleting a VM"));
  const auto session = TRY(open_vm_session(host));
  const auto missing =
      options.ignore_not_found ? DeleteOptions::Missing::ignore : DeleteOptions::Missing::error;
  return change_each(
      host, options.names,
      {vm_kind, "deleted", [&](const std::string& name) {
         return lifecycle::delete_vm(*session.context, {vm_target(host, name), missing});
       }});
}

void add_vm_delete(cli::Command& vm, Host& host) {
  auto options = std::make_shared<VmDeleteOptions>();
  vm.add("delete", "Delete VMs with their disks, running or not")
      .alias("rm")
      .details("Returns when the hypervisor has ended and the root volume's device is gone.")
      .example("flintctl vm delete web", "with all it has")
      .arguments("NAME", options->names, 1, "VMs to delete")
      .flag("--ignore-not-found", options->ignore_not_found, "Absent VMs are no error")
      .action([options, &host] { return vm_delete(host, *options); });
}

}  // namespace flintctl::cmd
