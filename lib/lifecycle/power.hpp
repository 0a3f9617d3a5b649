// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "core/result.hpp"
#include "lifecycle/context.hpp"
#include "lifecycle/run.hpp"

namespace flintctl::lifecycle {

enum class Change { changed, unchanged };

struct StartOptions {
  Target target;
  WaitOptions wait;
};
/// Starts a stopped VM; unchanged when it runs, after the same wait. When the start fails the VM is
/// stopped again and the reason kept; one that ran before is left as it is.
Result<Change> start_vm(const Context& context, const StartOptions& options);

struct StopOptions {
  Target target;
  /// For the guest to power off by itself; then it is ended by force. Zero: at once by force.
  std::chrono::milliseconds grace = std::chrono::seconds(30);
};
/// Stops a running VM; unchanged when it does not run. Keeps the reason.
Result<Change> stop_vm(const Context& context, const StopOptions& options);

}  // namespace flintctl::lifecycle
