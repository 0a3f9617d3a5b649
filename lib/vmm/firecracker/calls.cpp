// SPDX-License-Identifier: Apache-2.0
#include "vmm/firecracker/calls.hpp"

#include "core/units.hpp"

namespace flintctl::vmm::firecracker {
namespace {

using data::Value;

ApiCall put(std::string path, Value body) { return {"PUT", std::move(path), std::move(body)}; }

ApiCall boot_source(const Machine& machine) {
  Value body = Value::object({{"kernel_image_path", machine.kernel}});
  if (!machine.initrd.empty()) body.set("initrd_path", machine.initrd);
  body.set("boot_args", machine.cmdline);
  return put("/boot-source", std::move(body));
}

ApiCall drive(const Disk& disk, bool is_root) {
  // Writeback: the default ignores the guest's flushes, and a crash of the host would lose what the
  // guest believes written.
  return put("/drives/" + disk.id, Value::object({{"drive_id", disk.id},
                                                  {"path_on_host", disk.path},
                                                  {"is_root_device", is_root},
                                                  {"is_read_only", disk.read_only},
                                                  {"cache_type", "Writeback"}}));
}

ApiCall network_interface(const Nic& nic) {
  Value body = Value::object({{"iface_id", nic.id}, {"host_dev_name", nic.tap}});
  if (!nic.mac.empty()) body.set("guest_mac", nic.mac);
  return put("/network-interfaces/" + nic.id, std::move(body));
}

}  // namespace

std::vector<ApiCall> boot_calls(const Machine& machine) {
  std::vector<ApiCall> calls;
  calls.push_back(
      put("/machine-config", Value::object({{"vcpu_count", machine.vcpus},
                                            {"mem_size_mib", machine.memory_bytes / mib}})));
  calls.push_back(boot_source(machine));
  for (std::size_t i = 0; i < machine.disks.size(); ++i) {
    calls.push_back(drive(machine.disks[i], i == 0));
  }
  for (const auto& nic : machine.nics) calls.push_back(network_interface(nic));
  calls.push_back(put("/entropy", Value::object()));
  calls.push_back(action_call("InstanceStart"));
  return calls;
}

ApiCall action_call(std::string_view action) {
  return put("/actions", Value::object({{"action_type", action}}));
}

ApiCall vm_state_call(std::string_view state) {
  return {"PATCH", "/vm", Value::object({{"state", state}})};
}

}  // namespace flintctl::vmm::firecracker
