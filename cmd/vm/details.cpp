// SPDX-License-Identifier: Apache-2.0
#include "vm/details.hpp"

#include "inventory/records.hpp"

namespace flintctl::cmd {

Result<VmDetails> vm_details(const lifecycle::Context& context, const vm::Summary& summary,
                             vm::Status status) {
  VmDetails details;
  details.record = TRY(inventory::Records(context.client).read(summary.name_space, summary.name));
  details.status = std::move(status);
  if (auto runtime = inventory::read_runtime(context.paths, summary.uid)) {
    details.runtime = *std::move(runtime);
  }
  details.console_log = context.paths.console_log(summary.uid);
  for (const auto& volume : details.record.volumes) {
    if (volume.name != "root") continue;
    const auto mounts = context.client.snapshot_mounts(volume.snapshotter, volume.key);
    if (mounts && !mounts->empty()) details.root_device = mounts->front().source;
  }
  return details;
}

}  // namespace flintctl::cmd
