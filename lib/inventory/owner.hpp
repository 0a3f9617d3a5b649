// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "inventory/paths.hpp"

namespace flintctl::inventory {

/// Makes a VM's folder (0700) and writes into it whose VM it is: which containerd and namespace
/// hold the record. It is the first thing made on the host and the last one removed, so that
/// whatever bears a uid without this folder belongs to nobody.
Result<> claim_directory(const Paths& paths, const containerd::Client& client,
                         const std::string& uid);

/// Who claimed a VM's folder: nobody, this client's containerd and namespace, another namespace of
/// it, or another containerd.
enum class Owner { none, ours, neighbour, another };
Owner owner_of(const Paths& paths, const containerd::Client& client, const std::string& uid);

/// uids that have a folder in the run or state directory.
Result<std::vector<std::string>> directory_uids(const Paths& paths);

}  // namespace flintctl::inventory
