// SPDX-License-Identifier: Apache-2.0
#include "thinpool/grow.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/rollback.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"
#include "thinpool/pool.hpp"
#include "thinpool/table.hpp"

namespace flintctl::thinpool {
namespace {

/// The file of a part of the pool, made `bytes` long; false when it is that long already.
Result<bool> lengthen(const Backing& backing, const char* part, std::uint64_t bytes,
                      Allocation allocation, loop::Driver& loops) {
  if (!backing.loop || !backing.loop->is_plain()) {
    return Error(Code::unimplemented,
                 fmt::format("the pool's {} is on {}, not on a file", part, backing.device))
        .with_hint("grow that device itself, with the tool that made it");
  }
  const loop::Device& device = *backing.loop;
  if (bytes < device.size_bytes) {
    return Error(Code::invalid_argument,
                 fmt::format("the pool's {} has {} and cannot shrink to {}", part,
                             format_size(device.size_bytes), format_size(bytes)));
  }
  if (bytes == device.size_bytes) return false;
  const std::string what = fmt::format("growing {} to {}", device.backing_file, format_size(bytes));
  const UniqueFd file = TRY(sys::open(device.backing_file, O_RDWR).context(what));
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return sys::last_error(what);
  const auto length = static_cast<off_t>(bytes);
  if (allocation == Allocation::full) {
    if (::fallocate(file.get(), 0, status.st_size, length - status.st_size) != 0) {
      return sys::last_error(what);
    }
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

Result<Grown> grow_locked(const Growth& growth, devmapper::Driver& driver, loop::Driver& loops) {
  const Pool pool = TRY(inspect(growth.pool, driver, loops));
  if (pool.status.needs_check || pool.status.mode == Mode::read_only ||
      !pool.status.has_counters()) {
    return Error(Code::data_loss, "its metadata needs a check, and the kernel grows it only then")
        .with_hint(fmt::format("flintctl pool repair {} says how", growth.pool));
  }
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

}  // namespace

Result<Grown> grow(const Growth& growth, devmapper::Driver& driver, loop::Driver& loops) {
  const sys::FileLock lock =
      TRY(sys::FileLock::acquire(growth.run_directory + "/pool.lock", std::chrono::seconds(30)));
  return grow_locked(growth, driver, loops)
      .context(fmt::format("growing thin pool '{}'", growth.pool));
}

}  // namespace flintctl::thinpool
