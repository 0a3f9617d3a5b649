// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sys/file.hpp"
#include "thinpool/backing.hpp"
#include "thinpool/provision.hpp"
#include "thinpool/table.hpp"

namespace flintctl::thinpool {

Result<bool> name_is_active(const std::string& name) {
  for (const std::string& device : TRY(sys::list_directory("/sys/block"))) {
    if (!device.starts_with("dm-")) continue;
    const auto text = sys::read_file(fmt::format("/sys/block/{}/dm/name", device));
    if (text && *text == name + "\n") return true;
  }
  return false;
}

Result<Outcome> plan_unprivileged(const Spec& spec) {
  TRY(check(spec));
  Outcome outcome;
  outcome.directory = spec.directory;
  outcome.warnings.emplace_back("without root only names and readable files were looked at");
  if (TRY(name_is_active(spec.name))) return outcome;
  const Result<Survey> found = survey(backing_files(spec.directory));
  if (!found && found.error().code() != Code::permission_denied) return Error(found.error());
  const Survey known = found ? *found : Survey();
  outcome.change = known.superblock ? Change::reattached : Change::created;
  PoolTable table;
  table.metadata_device = "<metadata>";
  table.data_device = "<data>";
  table.low_water_blocks = spec.low_water_blocks.value_or(table.low_water_blocks);
  if (known.superblock) table.block_sectors = known.superblock->block_sectors;
  const std::uint64_t bytes =
      known.data_bytes > 0 ? known.data_bytes : spec.data_bytes.value_or(Spec::default_data_bytes);
  table.length_sectors = bytes / table.block_bytes() * table.block_sectors;
  outcome.line = table.target();
  return outcome;
}

}  // namespace flintctl::thinpool
