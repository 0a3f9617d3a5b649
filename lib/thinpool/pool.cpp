// SPDX-License-Identifier: Apache-2.0
#include "thinpool/pool.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "thinpool/host_room.hpp"
#include "thinpool/metadata.hpp"

namespace flintctl::thinpool {
namespace {

Result<Backing> inspect_backing(const std::string& device, loop::Driver& loops) {
  Backing backing;
  backing.device = device;
  const Result<devmapper::DeviceNumber> number = devmapper::parse_device_number(device);
  if (!number || number->major != loop::major_number) return backing;
  Result<loop::Device> loop = loops.describe(number->minor);
  if (loop) {
    backing.loop = *std::move(loop);
  } else if (loop.error().code() != Code::not_found) {
    return std::move(loop).error();
  }
  return backing;
}

/// The device as a volume of the pool, or nothing when it is something else or gone meanwhile.
Result<std::optional<Volume>> inspect_volume(const devmapper::Device& device,
                                             const std::string& pool_number,
                                             devmapper::Driver& driver) {
  const Result<devmapper::Table> table = driver.table(device.name);
  if (!table || table->size() != 1 || table->front().type != "thin") {
    return std::optional<Volume>();
  }
  Volume volume;
  volume.name = device.name;
  volume.number = device.number;
  volume.size_bytes = table->front().length_sectors * sector_bytes;
  // Of a failed pool's volume the kernel prints no table.
  if (table->front().params == "Fail") {
    const auto below = driver.dependencies(device.name);
    const bool is_ours =
        below && std::any_of(below->begin(), below->end(),
                             [&](const auto& number) { return number.text() == pool_number; });
    return is_ours ? std::optional(std::move(volume)) : std::optional<Volume>();
  }
  const VolumeTable parsed = TRY(parse_volume_table(table->front()));
  if (parsed.pool_device != pool_number) return std::optional<Volume>();
  volume.id = parsed.id;
  const Result<devmapper::Table> status = driver.status(device.name);
  if (!status || status->size() != 1) return std::optional<Volume>();
  if (const auto mapped = TRY(parse_volume_status(status->front().params))) {
    volume.mapped_bytes = *mapped * sector_bytes;
  }
  return std::optional<Volume>(std::move(volume));
}

Result<std::vector<Volume>> inspect_volumes(const devmapper::DeviceInfo& pool,
                                            devmapper::Driver& driver) {
  std::vector<Volume> volumes;
  for (const devmapper::Device& device : TRY(driver.list())) {
    if (device.number == pool.number) continue;
    if (auto volume = TRY(inspect_volume(device, pool.number.text(), driver))) {
      volumes.push_back(*std::move(volume));
    }
  }
  std::sort(volumes.begin(), volumes.end(),
            [](const Volume& a, const Volume& b) { return a.id < b.id; });
  return volumes;
}

Error not_a_pool(const std::string& name, const devmapper::Table& table) {
  const std::string type = table.empty() ? "is a device without a table"
                                         : fmt::format("has the target '{}'", table.front().type);
  return Error(Code::already_exists,
               fmt::format("device '{}' exists and {}: it is no thin pool", name, type))
      .with_hint("choose another --name, or remove the device if nothing needs it");
}

/// Table and status, without what the pool stands on and what stands on it.
Result<Pool> read_counters(const std::string& name, devmapper::Driver& driver) {
  Pool pool;
  const devmapper::Table table = TRY(driver.table(name));
  if (table.size() != 1 || table.front().type != "thin-pool") return not_a_pool(name, table);
  pool.line = table.front();
  pool.table = TRY(parse_pool_table(pool.line));
  const devmapper::Table status = TRY(driver.status(name));
  if (status.size() != 1) return not_a_pool(name, status);
  pool.status = TRY(parse_pool_status(status.front().params));
  return pool;
}

}  // namespace

std::uint64_t Pool::data_total_bytes() const {
  return status.has_counters() ? status.data.total_blocks * table.block_bytes()
                               : table.length_sectors * sector_bytes;
}
std::uint64_t Pool::data_used_bytes() const {
  return status.data.used_blocks * table.block_bytes();
}
std::uint64_t Pool::metadata_total_bytes() const {
  return status.metadata.total_blocks * metadata_block_bytes;
}
std::uint64_t Pool::metadata_used_bytes() const {
  return status.metadata.used_blocks * metadata_block_bytes;
}
bool Pool::below_low_water() const {
  return status.has_counters() &&
         status.data.total_blocks - status.data.used_blocks <= table.low_water_blocks;
}

Result<Pool> inspect(const std::string& name, devmapper::Driver& driver, loop::Driver& loops) {
  auto device = TRY(driver.info(name));
  Pool pool = TRY(read_counters(name, driver));
  pool.device = std::move(device);
  pool.data = TRY(inspect_backing(pool.table.data_device, loops));
  pool.metadata = TRY(inspect_backing(pool.table.metadata_device, loops));
  pool.volumes = TRY(inspect_volumes(pool.device, driver));
  return pool;
}

Result<std::uint64_t> free_bytes(const std::string& name, devmapper::Driver& driver,
                                 loop::Driver& loops) {
  const Pool pool = TRY(read_counters(name, driver));
  const std::uint64_t free = pool.data_total_bytes() - pool.data_used_bytes();
  const auto room = host_room(TRY(inspect_backing(pool.table.data_device, loops)));
  return room ? std::min(free, *room) : free;
}

Result<std::vector<std::string>> list(devmapper::Driver& driver) {
  std::vector<std::string> names;
  for (const devmapper::Device& device : TRY(driver.list())) {
    const Result<devmapper::Table> table = driver.table(device.name);
    if (table && table->size() == 1 && table->front().type == "thin-pool") {
      names.push_back(device.name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

namespace {

/// A pool whose files were deleted goes on until it is deactivated, so that they can be copied.
std::optional<Trouble> deleted_files(const Pool& pool) {
  constexpr std::string_view mark = " (deleted)";
  std::string loops;
  std::string copies;
  for (const Backing* backing : {&pool.data, &pool.metadata}) {
    if (!backing->loop || !backing->loop->backing_file.ends_with(mark)) continue;
    const std::string& file = backing->loop->backing_file;
    const std::string loop = backing->loop->path();
    loops += (loops.empty() ? "" : " and ") + loop;
    copies +=
        fmt::format("cp --sparse=always {} {}; ", loop, file.substr(0, file.size() - mark.size()));
  }
  if (loops.empty()) return {};
  return Trouble{
      fmt::format("the file behind {} was deleted: its content goes with the pool", loops),
      fmt::format("stop all VMs, then: {}flintctl provision reset -y; flintctl provision all",
                  copies)};
}

std::optional<Trouble> bad_mode(const Pool& pool) {
  const std::string& name = pool.device.name;
  const std::string grow = fmt::format("flintctl pool grow {} ", name);
  switch (pool.status.mode) {
    case Mode::read_write:
      return {};
    case Mode::read_only:
      if (pool.table.features.read_only) {
        return Trouble{"the pool is read-only by its table (read_only)",
                       "flintctl provision reset -y, which keeps all data; flintctl provision all"};
      }
      return Trouble{
          "the pool is read-only: its metadata is full or damaged",
          pool.status.needs_check ? repair_command(pool) : grow + "--metadata-size SIZE"};
    case Mode::out_of_data_space:
      return Trouble{"the pool is out of data space: delete images or VMs, or grow it",
                     grow + "--data-size SIZE"};
    case Mode::failed:
    case Mode::unreadable:
      break;
  }
  return Trouble{"the pool has failed and must be repaired before it works again",
                 repair_command(pool)};
}

}  // namespace

std::vector<Trouble> troubles(const Pool& pool) {
  std::vector<Trouble> found;
  if (pool.device.suspended) {
    found.push_back({"the pool is suspended: all input and output waits",
                     "dmsetup resume " + pool.device.name});
  }
  if (auto trouble = bad_mode(pool)) found.push_back(*std::move(trouble));
  if (pool.status.needs_check) {
    found.push_back({"the metadata needs a check (thin_check) before the pool can be written",
                     repair_command(pool)});
  }
  if (auto trouble = deleted_files(pool)) found.push_back(*std::move(trouble));
  if (auto trouble = no_host_room(pool)) found.push_back(*std::move(trouble));
  // A pool that is smaller than its mark is below it from the start: no news.
  if (pool.status.mode == Mode::read_write && pool.below_low_water() &&
      pool.status.data.total_blocks > pool.table.low_water_blocks) {
    found.push_back(
        {fmt::format("less than {} of the pool is free",
                     format_size(pool.table.low_water_blocks * pool.table.block_bytes())),
         fmt::format("flintctl pool grow {} --data-size SIZE", pool.device.name), true});
  }
  return found;
}

std::optional<Error> unwell(const Pool& pool) {
  const std::vector<Trouble> found = troubles(pool);
  if (found.empty() || found.front().works) return {};
  return Error(Code::host_not_ready, found.front().what).with_hint(found.front().mend);
}

}  // namespace flintctl::thinpool
