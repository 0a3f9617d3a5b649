// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/error.hpp"
#include "doctor/finding.hpp"

namespace flintctl::doctor {

/// The next step that an error names, or where to look for one.
std::string fix_of(const Error& error);

/// A check that could not be made: a warning, with root as the fix where that is what it lacks.
Finding unread(std::string check, const Error& error);

}  // namespace flintctl::doctor
