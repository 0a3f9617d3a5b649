// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "vm/labels.hpp"

namespace flintctl::vm {

enum class Phase {
  pending,
  starting,
  running,
  paused,
  stopping,
  stopped,
  failed,
  deleting,
  unknown
};
/// "Pending", "Running", …
std::string_view to_string(Phase phase);

/// What the hypervisor says of itself; `unasked` where no socket was opened.
enum class GuestState { unasked, starting, running, paused, stopped, failed, unknown };

/// What was seen of one VM on this host, without judging it.
struct Observation {
  Stage stage = Stage::created;
  bool locked = false;     ///< somebody works on it right now
  bool processes = false;  ///< its cgroup is populated
  bool started = false;    ///< a start was recorded
  bool this_boot = false;  ///< and it was in this boot of the host
  GuestState guest = GuestState::unasked;
  std::string exit_reason;  ///< "GuestShutdown", … ; empty: not known
  bool exit_failed = false;
  std::string exit_message;
};

struct Status {
  Phase phase = Phase::unknown;
  std::string reason;   ///< one word for scripts: "HostRebooted"
  std::string message;  ///< one sentence for people
};

/// The phase of a VM, from what was seen. Never believed from a file: a VM that started before the
/// host's last boot is Stopped (HostRebooted), whatever was written down.
Status derive(const Observation& seen);

}  // namespace flintctl::vm
