// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "data/value.hpp"
#include "provision/network_spec.hpp"
#include "provision/step.hpp"

namespace flintctl::provision {

/// What the record keeps of a network beside its bridge's name.
data::Value network_details(const NetworkSpec& spec);

/// The networks whose bridges flintctl made, as they were asked for last, by the record; none where
/// that cannot be read.
std::vector<NetworkSpec> recorded_networks(const HostPaths& paths);

}  // namespace flintctl::provision
