// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "vmm/provider.hpp"

namespace flintctl::vmm::qemu {

/// What QEMU's trace file says about the machine's end.
struct TraceEnd {
  ExitReason reason = ExitReason::unknown;
  std::string run_state;    ///< the last one it entered: "running", "shutdown", "guest-panicked"
  int shutdown_cause = -1;  ///< of the last shutdown request: ShutdownCause in qapi/run-state.json
};

/// Reads the lines of the events runstate_set and qemu_system_shutdown_request. A signal looks like
/// a reset here; QEMU's stderr names it.
TraceEnd parse_trace(std::string_view text);

}  // namespace flintctl::vmm::qemu
