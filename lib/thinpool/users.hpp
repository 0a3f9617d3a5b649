// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"
#include "devmapper/driver.hpp"
#include "loop/driver.hpp"
#include "thinpool/backing.hpp"

namespace flintctl::thinpool {

/// The name of a device-mapper device that stands on the loop device; nothing when none does.
Result<std::optional<std::string>> user_of(const loop::Device& device, devmapper::Driver& driver);

/// A pool's file that a device-mapper device stands on.
struct FileUser {
  std::string file;
  std::string device;  ///< its dm name: the pool's own, or one that was made by another name
};
/// Whoever has one of the pool's files, whatever its name; nothing when they lie idle. A pool's
/// name says nothing of its files: this is asked before they are changed or removed.
Result<std::optional<FileUser>> find_user(const BackingFiles& files, devmapper::Driver& driver,
                                          loop::Driver& loops);

}  // namespace flintctl::thinpool
