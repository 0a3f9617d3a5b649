// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "devmapper/driver.hpp"
#include "loop/driver.hpp"
#include "thinpool/status.hpp"
#include "thinpool/table.hpp"

namespace flintctl::thinpool {

/// A device that a pool stands on.
struct Backing {
  std::string device;                ///< "7:1", or the table's own words
  std::optional<loop::Device> loop;  ///< when it is a loop device
};

/// An active thin volume of the pool. Volumes that nobody activated are known to the metadata only.
struct Volume {
  std::string name;
  std::optional<std::uint32_t> id;  ///< nothing when its pool failed
  devmapper::DeviceNumber number;
  std::uint64_t size_bytes = 0;
  std::optional<std::uint64_t> mapped_bytes;  ///< nothing when the volume failed
};

/// An active pool, read from the kernel.
struct Pool {
  devmapper::DeviceInfo device;
  devmapper::Target line;  ///< its table as the kernel prints it
  PoolTable table;
  PoolStatus status;
  Backing data;
  Backing metadata;
  std::vector<Volume> volumes;  ///< by name

  [[nodiscard]] std::uint64_t data_total_bytes() const;
  [[nodiscard]] std::uint64_t data_used_bytes() const;
  [[nodiscard]] std::uint64_t metadata_total_bytes() const;
  [[nodiscard]] std::uint64_t metadata_used_bytes() const;
  /// Free data blocks have fallen to the low water mark.
  [[nodiscard]] bool below_low_water() const;
};

/// Reads a pool. not_found when no device has the name, already_exists when it is no thin pool.
Result<Pool> inspect(const std::string& name, devmapper::Driver& driver, loop::Driver& loops);

/// Bytes of data that can still be written to the pool: those that it has free, or fewer that the
/// filesystem under its file has. A few questions to the kernel, to be asked often. Errors as
/// inspect().
Result<std::uint64_t> free_bytes(const std::string& name, devmapper::Driver& driver,
                                 loop::Driver& loops);

/// The names of all active thin pools.
Result<std::vector<std::string>> list(devmapper::Driver& driver);

/// Something wrong with a pool.
struct Trouble {
  std::string what;    ///< a sentence
  std::string mend;    ///< the command that ends it, or what to do
  bool works = false;  ///< the pool does its work all the same, but not for long
};
/// Gravest first; empty when the pool is well.
std::vector<Trouble> troubles(const Pool& pool);
/// The gravest as host_not_ready, unless the pool works.
std::optional<Error> unwell(const Pool& pool);

}  // namespace flintctl::thinpool
