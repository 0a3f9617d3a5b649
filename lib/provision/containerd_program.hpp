// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "provision/program_step.hpp"

namespace flintctl::provision {

/// Where flintctl installs a containerd for its private daemon, with the ctr that belongs to it:
/// apart from PATH, where the host's own may be. `facts`: of sys::FactCache, empty for none.
ProgramStore containerd_store(const std::string& facts = {});

/// `name`'s path: as it is when it has a slash, else the one of containerd_store() that is in use,
/// else the first in PATH. not_found names what was looked for.
Result<std::string> find_containerd_program(const std::string& name);

/// Installs it there.
std::unique_ptr<Step> containerd_program_step(ProgramSource source, const std::string& facts);

/// invalid_argument unless one file or URL and a digest are given.
Result<> validate_containerd_source(const ProgramSource& source);

}  // namespace flintctl::provision
