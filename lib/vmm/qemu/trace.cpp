// SPDX-License-Identifier: Apache-2.0
#include "vmm/qemu/trace.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace flintctl::vmm::qemu {
namespace {

/// The name in the last pair of brackets: "… new_state 9 (running)".
std::string last_bracket(std::string_view line) {
  const auto open = line.rfind('(');
  const auto close = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  return std::string(line.substr(open + 1, close - open - 1));
}

std::optional<int> number_after(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  int number = 0;
  const char* begin = line.data() + at + key.size();
  const auto parsed = std::from_chars(begin, line.data() + line.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

/// ShutdownCause has kept its numbers since QEMU 4; new causes come at the end.
ExitReason reason_of(int cause) {
  switch (cause) {
    case 1:
      return ExitReason::hypervisor_error;  // host-error
    case 2:                                 // host-qmp-quit
    case 5:
      return ExitReason::quit;  // host-ui
    case 3:                     // host-qmp-system-reset
    case 4:
      return ExitReason::killed;  // host-signal
    case 6:
      return ExitReason::guest_shutdown;
    case 7:
      return ExitReason::guest_reset;
    case 8:
      return ExitReason::guest_panic;
    default:
      return ExitReason::unknown;
  }
}

}  // namespace

TraceEnd parse_trace(std::string_view text) {
  TraceEnd end;
  while (!text.empty()) {
    const auto length = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    if (line.find("runstate_set ") != std::string_view::npos) {
      end.run_state = last_bracket(line);
      // A reset or a start after the request: it did not end the machine.
      if (end.run_state == "running") end.shutdown_cause = -1;
    } else if (line.find("qemu_system_shutdown_request ") != std::string_view::npos) {
      end.shutdown_cause = number_after(line, "reason=").value_or(-1);
    }
  }
  if (end.shutdown_cause >= 0) {
    end.reason = reason_of(end.shutdown_cause);
  } else if (end.run_state == "guest-panicked") {
    end.reason = ExitReason::guest_panic;
  } else if (end.run_state == "internal-error" || end.run_state == "io-error") {
    end.reason = ExitReason::hypervisor_error;
  } else if (end.run_state == "shutdown") {
    end.reason = ExitReason::guest_reset;  // a reset under -no-reboot leaves no request
  }
  return end;
}

}  // namespace flintctl::vmm::qemu
