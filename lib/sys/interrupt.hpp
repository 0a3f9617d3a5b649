// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.hpp"

namespace flintctl::sys {

/// From here on SIGINT, SIGTERM and SIGHUP set a flag instead of ending the process, so that a
/// command can undo what it began. A second SIGINT ends the process at once, and says so.
void catch_interrupts();
/// True once a signal came.
bool interrupted();
/// An eventfd that becomes readable with the first signal: add it to every poll(2) set.
int interrupt_fd();
/// Error cancelled once a signal came; call between steps.
Result<> check_interrupt();

}  // namespace flintctl::sys
