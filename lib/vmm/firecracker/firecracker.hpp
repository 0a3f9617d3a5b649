// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "vmm/provider.hpp"

namespace flintctl::vmm::firecracker {

/// Firecracker through its API socket; KVM only. When the guest reboots its process ends.
std::unique_ptr<Provider> open(Settings settings);

}  // namespace flintctl::vmm::firecracker
