// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"

namespace flintctl::vmm {

/// Success when /dev/kvm really runs guests: a virtual CPU executes a short loop there at a real
/// processor's speed. Some nested hosts offer a /dev/kvm that only special guest kernels can use,
/// and interpret every instruction of others, which then never boot. Takes about a millisecond.
/// permission_denied, or host_not_ready with a hint. Documentation/virt/kvm/api.rst.
Result<> check_kvm(const std::string& device = "/dev/kvm");

}  // namespace flintctl::vmm
