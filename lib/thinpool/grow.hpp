// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "devmapper/driver.hpp"
#include "loop/driver.hpp"
#include "lvm/tools.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::thinpool {

/// The sizes that an active pool is to have; what is absent stays.
struct Growth {
  std::string pool;
  std::optional<std::uint64_t> data_bytes;
  std::optional<std::uint64_t> metadata_bytes;
  Allocation allocation = Allocation::sparse;  ///< of the space that is added to a file
  std::string run_directory = "/run/flintctl";
};

struct Grown {
  bool changed = false;
  std::uint64_t data_bytes = 0;  ///< as they are now
  std::uint64_t metadata_bytes = 0;
};

/// Makes files, loop devices and table longer while volumes are in use. A killed run is finished by
/// the same call. invalid_argument when a size is smaller than what there is (a pool cannot
/// shrink); unimplemented when it stands on no file; data_loss while it needs a check.
Result<Grown> grow(const Growth& growth, devmapper::Driver& driver, loop::Driver& loops);

/// The pool is LVM's: it is grown by LVM, whose metadata say how long it is.
bool is_logical(const devmapper::DeviceInfo& pool);

/// The same for a pool of LVM's. resource_exhausted when its volume group is full: LVM itself would
/// have made the metadata longer before it says so.
Result<Grown> grow_logical(const Growth& growth, devmapper::Driver& driver, loop::Driver& loops,
                           lvm::Tools& tools);

}  // namespace flintctl::thinpool
