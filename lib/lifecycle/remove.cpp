// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/remove.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "inventory/lock.hpp"
#include "inventory/records.hpp"
#include "lifecycle/devices.hpp"
#include "vm/name.hpp"

namespace flintctl::lifecycle {
namespace {

using namespace std::chrono_literals;

/// Remembers the first failure of several steps that are all tried.
class FirstError {
 public:
  void add(Result<> result) {
    if (!result && !error_) error_ = std::move(result).error();
  }
  Result<> take() && { return error_ ? Result<>(*std::move(error_)) : Result<>(); }

 private:
  std::optional<Error> error_;
};

Result<> remove_taps(const Context& context, const std::string& uid) {
  FirstError errors;
  for (const auto& tap : taps_of(uid, TRY(context.parts.taps()))) {
    errors.add(context.parts.remove_tap(tap));
  }
  return std::move(errors).take();
}

/// All uids that bear this name, recorded or only leased.
Result<std::vector<std::string>> uids_named(inventory::Records& records, const Target& target) {
  std::vector<std::string> uids;
  for (const auto& summary : TRY(records.named(target.name_space, target.name))) {
    uids.push_back(summary.uid);
  }
  for (const auto& lease : TRY(records.leases())) {
    const bool same = lease.name == target.name && lease.name_space == target.name_space;
    if (same && std::find(uids.begin(), uids.end(), lease.uid) == uids.end()) {
      uids.push_back(lease.uid);
    }
  }
  return uids;
}

/// Says in the records that a delete began, so that no start comes between its steps after a kill.
Result<> mark_deleting(inventory::Records& records, const Target& target) {
  for (const auto& summary : TRY(records.named(target.name_space, target.name))) {
    TRY(records.set_stage(summary, vm::Stage::deleting));
  }
  return {};
}

}  // namespace

Result<> remove_parts(const Context& context, const std::string& uid) {
  TRY(context.parts.kill(uid).context("ending the hypervisor"));
  const auto devices = devices_of_lease(context, inventory::lease_id(uid));
  // containerd would try to remove an open device for minutes, in which it collects nothing else.
  for (const auto& device : devices) TRY(context.parts.wait_device_unused(device, 2s));
  FirstError errors;
  errors.add(remove_taps(context, uid).context("removing taps"));
  errors.add(context.parts.remove_directory(context.paths.run_directory(uid)));
  errors.add(context.parts.remove_directory(context.paths.vm_directory(uid)));
  TRY(std::move(errors).take());
  TRY(inventory::Records(context.client).remove(uid).context("removing record and lease"));
  return wait_devices_gone(context, devices);
}

Result<bool> delete_vm(const Context& context, const DeleteOptions& options) {
  const auto& target = options.target;
  TRY(vm::check_name("VM name", target.name));
  const auto lock =
      TRY(inventory::lock_name(context.paths, context.client, target.name_space, target.name, 0ms));
  inventory::Records records(context.client);
  const auto uids = TRY(uids_named(records, target));
  if (uids.empty()) {
    if (options.missing == DeleteOptions::Missing::ignore) return false;
    return inventory::no_such_vm(target.name_space, target.name);
  }
  const auto what =
      fmt::format("deleting VM '{}'", vm::display_name(target.name_space, target.name));
  TRY(mark_deleting(records, target).context(what));
  for (const auto& uid : uids) TRY(remove_parts(context, uid).context(what));
  return true;
}

}  // namespace flintctl::lifecycle
