// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "vmm/provider.hpp"

namespace flintctl::vmm::qemu {

/// QEMU's `microvm` machine: KVM where it works, emulation (TCG) elsewhere. A reboot inside the
/// guest brings the guest back in the same process.
std::unique_ptr<Provider> open(Settings settings);

}  // namespace flintctl::vmm::qemu
