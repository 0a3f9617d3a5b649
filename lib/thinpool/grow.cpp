// SPDX-License-Identifier: Apache-2.0
#include "thinpool/grow.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/rollback.hpp"
#include "lvm/report.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"
#include "thinpool/metadata.hpp"
#include "thinpool/pool.hpp"
#include "thinpool/table.hpp"

namespace flintctl::thinpool {
namespace {

Error cannot_shrink(const char* part, std::uint64_t is, std::uint64_t wanted) {
  return {Code::invalid_argument, fmt::format("the pool's {} has {} and cannot shrink to {}", part,
                                              format_size(is), format_size(wanted))};
}

/// Takes the space of a file that becomes `to` bytes long, or leaves file and filesystem as they
/// were: fallocate(2) keeps what it got before the filesystem was full.
Result<> allocate(int file, const std::string& path, off_t from, off_t to) {
  const auto needed = static_cast<std::uint64_t>(to - from);
  const sys::FilesystemSpace space = TRY(sys::filesystem_space(path));
  if (space.available < needed) {
    return Error(Code::resource_exhausted,
                 fmt::format("that takes {} of its filesystem, which has {} left",
                             format_size(needed), format_size(space.available)))
        .with_hint("free some space there, or leave --allocate full away");
  }
  if (::fallocate(file, 0, from, to - from) == 0) return {};
  Error error = sys::last_error("taking its space");
  if (::ftruncate(file, from) != 0) {
    error = std::move(error).context(fmt::format("{} keeps the space that it got", path));
  }
  return error;
}

/// The file of a part of the pool, made `bytes` long; false when it is that long already.
Result<bool> lengthen(const Backing& backing, const char* part, std::uint64_t bytes,
                      Allocation allocation, loop::Driver& loops) {
  if (!backing.loop || !backing.loop->is_plain()) {
    return Error(Code::unimplemented,
                 fmt::format("the pool's {} is on {}, not on a file", part, backing.device))
        .with_hint("grow that device itself, with the tool that made it");
  }
  const loop::Device& device = *backing.loop;
  if (bytes < device.size_bytes) return cannot_shrink(part, device.size_bytes, bytes);
  if (bytes == device.size_bytes) return false;
  const std::string what = fmt::format("growing {} to {}", device.backing_file, format_size(bytes));
  const UniqueFd file = TRY(sys::open(device.backing_file, O_RDWR).context(what));
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return sys::last_error(what);
  const auto length = static_cast<off_t>(bytes);
  if (allocation == Allocation::full && status.st_size < length) {
    TRY(allocate(file.get(), device.backing_file, status.st_size, length).context(what));
  } else if (status.st_size < length && ::ftruncate(file.get(), length) != 0) {
    return sys::last_error(what);
  }
  if (::fsync(file.get()) != 0) return sys::last_error(what);
  TRY(loops.refresh_size(device.number).context(what));
  return true;
}

/// The table with its new length, live. Volumes wait for the moment between.
Result<> reload(const Pool& pool, const PoolTable& table, devmapper::Driver& driver) {
  const std::string& name = pool.device.name;
  TRY(driver.load(name, {table.target()}));
  TRY(driver.suspend(name));
  // A pool must never stay suspended: every volume would wait for ever.
  Rollback wake([&] { static_cast<void>(driver.resume(name)); });
  TRY(driver.resume(name));
  wake.commit();
  return {};
}

/// The kernel grows a pool only while it is well.
Result<> refuse_unfit(const Pool& pool) {
  if (!pool.status.needs_check && pool.status.mode != Mode::read_only &&
      pool.status.has_counters()) {
    return {};
  }
  return Error(Code::data_loss, "its metadata needs a check, and the kernel grows it only then")
      .with_hint(repair_command(pool) + " says how");
}

/// What the kernel takes: more metadata is never used.
Result<> refuse_too_much(const Growth& growth) {
  return check_sizes(growth.data_bytes, growth.metadata_bytes, {0, 0, longest_metadata});
}

Result<Pool> inspect_active(const Growth& growth, devmapper::Driver& driver, loop::Driver& loops) {
  auto pool = inspect(growth.pool, driver, loops);
  if (pool || pool.error().code() != Code::not_found) return pool;
  return Error(Code::not_found, "it is not active")
      .with_hint("make it or bring it back with: " + maker_command(growth.pool));
}

Result<Grown> grow_locked(const Growth& growth, devmapper::Driver& driver, loop::Driver& loops) {
  TRY(refuse_too_much(growth));
  const Pool pool = TRY(inspect_active(growth, driver, loops));
  TRY(refuse_unfit(pool));
  Grown grown;
  const std::uint64_t data_bytes = growth.data_bytes.value_or(pool.data_total_bytes());
  if (growth.metadata_bytes) {
    grown.changed =
        TRY(lengthen(pool.metadata, "metadata", *growth.metadata_bytes, growth.allocation, loops));
  }
  if (growth.data_bytes) {
    const bool longer =
        TRY(lengthen(pool.data, "data", *growth.data_bytes, growth.allocation, loops));
    grown.changed = grown.changed || longer;
  }
  PoolTable table = pool.table;
  const std::uint64_t length = data_bytes / table.block_bytes() * table.block_sectors;
  // A killed run may have made the file longer and not the table.
  if (length > table.length_sectors) {
    table.length_sectors = length;
    grown.changed = true;
  }
  if (grown.changed) TRY(reload(pool, table, driver));
  const Pool now = TRY(inspect(growth.pool, driver, loops));
  grown.data_bytes = now.data_total_bytes();
  grown.metadata_bytes = now.metadata_total_bytes();
  return grown;
}

/// How much longer a volume becomes; a whole number of extents.
Result<std::uint64_t> addition(const char* part, std::uint64_t is,
                               const std::optional<std::uint64_t>& wanted, std::uint64_t extent) {
  if (!wanted) return 0;
  if (*wanted < is) return cannot_shrink(part, is, *wanted);
  return (*wanted - is + extent - 1) / extent * extent;
}

Result<Grown> grow_logical_locked(const Growth& growth, devmapper::Driver& driver,
                                  loop::Driver& loops, lvm::Tools& tools) {
  TRY(refuse_too_much(growth));
  TRY(refuse_unfit(TRY(inspect(growth.pool, driver, loops))));
  const auto name = lvm::parse_dm_name(growth.pool);
  const lvm::Report report = TRY(lvm::read_report(tools));
  const lvm::VolumeGroup* group = name ? report.find(name->group) : nullptr;
  const lvm::LogicalVolume* volume = group == nullptr ? nullptr : group->find(name->volume);
  if (volume == nullptr) return Error(Code::not_found, "LVM does not know it");
  const std::uint64_t data =
      TRY(addition("data", volume->size_bytes, growth.data_bytes, group->extent_bytes));
  const std::uint64_t metadata =
      TRY(addition("metadata", volume->metadata_bytes, growth.metadata_bytes, group->extent_bytes));
  // The spare for a repair grows with the metadata.
  const std::uint64_t needed = data + 2 * metadata;
  if (needed > group->free_bytes) {
    return Error(Code::resource_exhausted,
                 fmt::format("that takes {}, and the volume group '{}' has {} left",
                             format_size(needed), group->name, format_size(group->free_bytes)))
        .with_hint(fmt::format("add a disk: vgextend {} DISK", group->name));
  }
  const auto extend = [&](const char* flag, std::uint64_t more) -> Result<> {
    if (more == 0) return {};
    TRY(tools.run({"lvextend", flag, fmt::format("+{}b", more), name->text()}));
    return {};
  };
  TRY(extend("--poolmetadatasize", metadata));
  TRY(extend("--size", data));
  const Pool now = TRY(inspect(growth.pool, driver, loops));
  return Grown{needed > 0, now.data_total_bytes(), now.metadata_total_bytes()};
}

}  // namespace

bool is_logical(const devmapper::DeviceInfo& pool) { return pool.uuid.starts_with("LVM-"); }

Result<Grown> grow_logical(const Growth& growth, devmapper::Driver& driver, loop::Driver& loops,
                           lvm::Tools& tools) {
  const sys::FileLock lock = TRY(sys::FileLock::acquire(
      sys::lock_path(growth.run_directory, "pool"), std::chrono::seconds(30)));
  return grow_logical_locked(growth, driver, loops, tools)
      .context(fmt::format("growing thin pool '{}'", growth.pool));
}

Result<Grown> grow(const Growth& growth, devmapper::Driver& driver, loop::Driver& loops) {
  const sys::FileLock lock = TRY(sys::FileLock::acquire(
      sys::lock_path(growth.run_directory, "pool"), std::chrono::seconds(30)));
  return grow_locked(growth, driver, loops)
      .context(fmt::format("growing thin pool '{}'", growth.pool));
}

}  // namespace flintctl::thinpool
