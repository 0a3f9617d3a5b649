// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "containerd/types.hpp"

namespace containerd::services::introspection::v1 {
class PluginsResponse;
}

namespace flintctl::containerd {

std::vector<Plugin> to_plugins(
    const ::containerd::services::introspection::v1::PluginsResponse& response);

}  // namespace flintctl::containerd
