// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/error.hpp"

namespace flintctl::sys {

/// The Error for an errno value: ENOENT is not_found, EACCES and EPERM permission_denied, EEXIST
/// already_exists, ENOSPC and ENOMEM resource_exhausted, ETIMEDOUT deadline_exceeded, else unknown.
/// `what` says what was attempted ("opening /dev/kvm"). errno(3).
Error from_errno(int number, std::string what);

/// The same for the calling thread's current errno.
Error last_error(std::string what);

}  // namespace flintctl::sys
