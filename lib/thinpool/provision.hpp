// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/units.hpp"
#include "devmapper/driver.hpp"
#include "loop/driver.hpp"
#include "lvm/tools.hpp"
#include "thinpool/backing.hpp"

namespace flintctl::thinpool {

/// A loop-backed pool as asked for. What is absent was not asked for: a new pool gets the default,
/// an existing one keeps what it has.
struct Spec {
  std::string name = "flintlock-dev-thinpool";
  std::string directory = "/var/lib/containerd-dev/snapshotter/devmapper";
  std::optional<std::uint64_t> data_bytes;
  std::optional<std::uint64_t> metadata_bytes;
  std::optional<std::uint64_t> low_water_blocks;
  Allocation allocation = Allocation::sparse;  ///< of files that are made
  /// What ensure() does when there are no files of a pool. At boot a folder without them is one
  /// that is not mounted, or the wrong one: an empty pool of that name would hide the real one.
  enum class Absent { make, refuse } absent = Absent::make;
  /// Run on existing metadata before it is activated; a name in PATH or a path.
  std::string thin_check = "thin_check";
  /// Holds the lock that keeps two runs apart.
  std::string run_directory = "/run/flintctl";
  std::chrono::milliseconds lock_wait = std::chrono::seconds(30);

  static constexpr std::uint64_t default_data_bytes = 100 * gib;
  static constexpr std::uint64_t default_metadata_bytes = 10 * gib;
};

enum class Change {
  created,     ///< files and pool are new
  reattached,  ///< the pool was gone (a reboot), its files were not: all data is there
  adopted,     ///< the pool is active and was made otherwise; it is used as it is
  unchanged,
};
/// What a pool's parts may measure, in bytes.
struct SizeBounds {
  std::uint64_t shortest_data = 0;
  std::uint64_t shortest_metadata = 0;
  std::uint64_t longest_metadata = 0;
};
/// The kernel uses no more metadata than this, in bytes.
inline constexpr std::uint64_t longest_metadata = 16 * gib;
/// invalid_argument for a size that is given and out of bounds.
Result<> check_sizes(const std::optional<std::uint64_t>& data_bytes,
                     const std::optional<std::uint64_t>& metadata_bytes, const SizeBounds& bounds);

/// invalid_argument when the pool cannot be made as asked on any host.
Result<> check(const Spec& spec);

/// "created", "reattached", "adopted", "unchanged".
std::string_view change_word(Change change);

struct Outcome {
  Change change = Change::unchanged;
  /// How an existing pool differs from what a new one would be, one sentence each.
  std::vector<std::string> differences;
  /// What else a person should know: host space, missing discard, a pool that is nearly full.
  std::vector<std::string> warnings;
  /// Why the active pool does not work, with what mends it: see unwell().
  std::optional<Error> unwell = {};
  /// The folder that its files lie in, or will; empty when the pool stands on anything but files
  /// that are named as ours.
  std::string directory;
  /// Its table; in a plan "<metadata>" and "<data>" stand for devices that do not exist yet.
  devmapper::Target line;
};

/// Makes the pool active, whatever is missing of it. Never zeroes metadata and never shortens a
/// file. Two runs at once take turns. On failure nothing that was made is left.
/// already_exists: the name or a file belongs to something else; resource_exhausted: the host's
/// filesystem is full; data_loss: files of a pool are missing or cut; not_found: there are none,
/// and the spec has Absent::refuse.
Result<Outcome> ensure(const Spec& spec, devmapper::Driver& driver, loop::Driver& loops);

/// What ensure() would do, changing nothing.
Result<Outcome> plan(const Spec& spec, devmapper::Driver& driver, loop::Driver& loops);

/// The same on a host that has not loaded device-mapper, and so has no active pool: by the files.
Result<Outcome> plan_inactive(const Spec& spec);

/// The same for a caller who may not ask device-mapper: an active pool is known by name only, and
/// files that cannot be read are taken as absent. A warning says so.
Result<Outcome> plan_unprivileged(const Spec& spec);

/// A device of that name is active: sysfs tells everybody the names, but not the tables.
Result<bool> name_is_active(const std::string& name);

/// already_exists when the name is that of a pool of LVM's, active or not: `etc` holds the profile
/// by which provisioning knows its own, `tools` are asked for others. One on files would take its
/// name and its unit, and LVM could not activate it any more.
Result<> refuse_logical(const std::string& name, const std::string& etc, lvm::Tools& tools);

/// The command that makes the pool of that name, or brings it back: for a hint. A pool of LVM's is
/// known by the profile that provisioning gave it.
std::string maker_command(const std::string& name);

/// The dm uuid by which a pool is known to be made here.
std::string pool_uuid(const std::string& name);

}  // namespace flintctl::thinpool
