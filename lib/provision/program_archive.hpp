// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace flintctl::provision {

/// Takes programs out of `file`, which is the first one itself or a tar with them (gzip, zstd or
/// plain), into `folder` under their names, executable and on disk when it returns. The first must
/// be there, the others may.
/// invalid_argument when it is not, when two members could be one of them, or one is no ELF file.
Result<> take_programs(const std::string& file, const std::vector<std::string>& names,
                       const std::string& folder);

/// The member of a release that is the program `name`: "firecracker", "bin/containerd" or
/// "release-v1/firecracker-v1.2.3-x86_64", never "firecracker-v1.2.3-x86_64.debug".
bool is_program_member(const std::string& member, const std::string& name);

}  // namespace flintctl::provision
