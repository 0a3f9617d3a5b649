// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "thinpool/backing.hpp"
#include "thinpool/pool.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::thinpool {

/// How an active pool differs from what `spec` would make, one sentence each, with what it means
/// for the person where that is not plain.
std::vector<std::string> differences(const Spec& spec, const BackingFiles& files, const Pool& pool);

/// The same for files of a pool that is not active.
std::vector<std::string> differences(const Spec& spec, const Survey& survey);

/// The folder of an active pool's files: that of `files` where it stands on these, else theirs.
/// Empty when they are not files with our names for them, all in one folder.
std::string directory_of(const Pool& pool, const BackingFiles& files);

}  // namespace flintctl::thinpool
