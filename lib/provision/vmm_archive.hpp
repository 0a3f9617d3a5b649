// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"

namespace flintctl::provision {

/// Writes the binary `name` to `target` (0755): the file itself when it is an ELF executable, else
/// the one member of a tar, compressed or not, that is_vmm_member() takes. invalid_argument when
/// there is none or more than one, or when it is no executable. The file has been verified.
Result<> take_binary(const std::string& file, const std::string& name, const std::string& target);

}  // namespace flintctl::provision
