// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "config/config.hpp"
#include "provision/step.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::provision {

/// The name of the pool that host.toml asks for; nothing when there is no such file, when it asks
/// for none, or when it cannot be understood: the commands that go by it say so.
std::optional<std::string> pool_of_host_file(const std::string& path, const config::Config& config);

/// Where the pool of that name was made or found, by the record, if its metadata is still there.
std::optional<std::string> recorded_directory(const HostPaths& paths, const std::string& pool);

/// Gives a spec that nobody gave a folder of its own the recorded one: a pool that is not active is
/// to be brought back from where it lies, not made anew where others would.
void place_as_recorded(const HostPaths& paths, thinpool::Spec& spec);

}  // namespace flintctl::provision
