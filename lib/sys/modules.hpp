// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace flintctl::sys {

/// What opening a driver may do to the kernel. Who only looks must leave it as it is: even opening
/// the device node of a driver that is not there makes the kernel load it.
enum class Modules { load, leave };

/// A driver of the misc class ("device-mapper", "loop-control", "tun") is in the kernel, built in
/// or loaded. Loads nothing. /proc/misc, devices.txt.
bool has_misc_driver(const std::string& name);

}  // namespace flintctl::sys
