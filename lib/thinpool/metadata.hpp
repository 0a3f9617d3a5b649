// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"
#include "devmapper/driver.hpp"
#include "loop/driver.hpp"
#include "lvm/names.hpp"
#include "lvm/tools.hpp"
#include "thinpool/backing.hpp"
#include "thinpool/pool.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::thinpool {

/// What becomes of sound metadata's needs_check mark. Who only looks keeps it: it is the kernel's
/// word that a write failed.
enum class NeedsCheck { keep, clear };

/// Runs thin_check(8) on the metadata of a pool that is not active, as LVM does before each
/// activation. data_loss with the tool's own words when it is damaged; host_not_ready when the tool
/// is missing.
Result<> check_metadata(const std::string& file, NeedsCheck mark,
                        const std::string& program = "thin_check");

/// Checks the files of a pool that is not active: that all are there, long enough and idle, and
/// that the metadata is sound. Changes nothing. `driver` and `loops` are nullptr where the kernel
/// has no device-mapper loaded. What was found; not_found when there are no such files,
/// aborted when a device of another name has them, else errors as survey() and check_metadata().
Result<Survey> check_inactive(const Spec& spec, devmapper::Driver* driver, loop::Driver* loops);

/// Removes what repairs left beside the files: old metadata, and that of a repair that was killed.
Result<> remove_old_metadata(const BackingFiles& files);

/// The command that repairs a pool, with its folder unless that is the usual one.
std::string repair_command(const std::string& name, const std::string& directory);
/// The same for an active pool, which knows where it lies.
std::string repair_command(const Pool& pool);

/// What a repair did.
struct Repaired {
  bool changed = false;      ///< false: the metadata was sound
  std::string old_metadata;  ///< where the damaged one was kept: a file, or a volume of LVM's
};

/// Writes sound metadata from what can be read of the damaged one (thin_repair), checks it, and
/// puts it in the place of the old one, which is kept beside it. aborted while the pool is active,
/// because the kernel would overwrite it, or while a device of another name has its files.
Result<Repaired> repair(const Spec& spec, devmapper::Driver& driver, loop::Driver& loops);

/// The thin pool of LVM's, active or not, that has this device-mapper name; nothing where LVM is
/// not installed.
Result<std::optional<lvm::LogicalName>> find_logical(const std::string& pool, lvm::Tools& tools);

/// thin_check on the metadata of a pool of LVM's that is not active; errors as above.
Result<> check_logical(const lvm::LogicalName& pool, lvm::Tools& tools,
                       const std::string& program = "thin_check");

/// repair() for a pool of LVM's: LVM has thin_repair write into its spare volume and exchanges the
/// two; the old one stays in the group as POOL_metaN.
Result<Repaired> repair_logical(const lvm::LogicalName& pool, const Spec& spec,
                                devmapper::Driver& driver, lvm::Tools& tools);

}  // namespace flintctl::thinpool
