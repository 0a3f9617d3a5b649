// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "disk/disk.hpp"
#include "lvm/report.hpp"

namespace flintctl::provision {

/// What the disks are to the step that makes LVM's pool.

/// The UUID that LVM gave the disk, or empty.
std::string physical_uuid(const disk::Disk& disk);

/// Whether one of the volumes has this UUID; an empty one nobody has.
bool holds(const std::vector<lvm::PhysicalVolume>& volumes, const std::string& uuid);

/// The disk is one that a killed run of ours gave to LVM, and nothing else happened to it.
bool is_begun(const disk::Disk& disk, const lvm::Report& report);

/// For a person: which of these free disks could be named, and how.
std::string proposal(const std::vector<disk::Disk>& disks);

/// For a person: what lies on the disk.
std::string contents_of(const disk::Disk& disk);

}  // namespace flintctl::provision
