// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"
#include "devmapper/driver.hpp"
#include "lvm/names.hpp"
#include "lvm/tools.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::thinpool {

/// Runs thin_check(8) on the metadata of a pool that is not active, as LVM does before each
/// activation; sound metadata loses its needs_check mark. data_loss with the tool's own words when
/// it is damaged; host_not_ready when the tool is missing.
Result<> check_metadata(const std::string& file, const std::string& program = "thin_check");

/// What a repair did.
struct Repaired {
  bool changed = false;      ///< false: the metadata was sound
  std::string old_metadata;  ///< where the damaged one was kept: a file, or a volume of LVM's
};

/// Writes sound metadata from what can be read of the damaged one (thin_repair), checks it, and
/// puts it in the place of the old one, which is kept beside it. aborted while the pool is active,
/// because the kernel would overwrite it.
Result<Repaired> repair(const Spec& spec, devmapper::Driver& driver);

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
