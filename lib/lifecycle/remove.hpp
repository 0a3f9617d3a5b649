// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"
#include "lifecycle/context.hpp"

namespace flintctl::lifecycle {

/// Takes one VM away, whatever is left of it: hypervisor, then taps and folders, then records and
/// lease with a synchronous collection; returns when its devices are gone. Every step is tried even
/// when an earlier one failed, except that lease and records stay while the hypervisor lives: they
/// are what the next attempt finds it by. The caller holds the name's lock. Fine when nothing is
/// left.
Result<> remove_parts(const Context& context, const std::string& uid);

struct DeleteOptions {
  Target target;
  enum class Missing { error, ignore } missing = Missing::error;
};

/// Deletes a VM in any state, with any part already missing. Returns false when it was absent and
/// that was to be ignored.
Result<bool> delete_vm(const Context& context, const DeleteOptions& options);

}  // namespace flintctl::lifecycle
