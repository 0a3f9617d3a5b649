// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "provision/containerd_daemon.hpp"
#include "sys/process.hpp"

namespace flintctl::provision {

/// What a containerd says of itself.
struct ContainerdAnswer {
  pid_t pid = 0;  ///< of who answered, where it is known
  std::string version;
  std::vector<SnapshotterState> snapshotters;
  std::string metadata_error;  ///< why its metadata store, which all services need, is not ok
};

/// The quick way, by one connection: nothing unless all goes well. Cheap where nobody listens.
std::optional<ContainerdAnswer> glance_at_containerd(const std::string& address);
/// One question by gRPC, with a short time limit: when a glance had no answer, the error says why.
Result<ContainerdAnswer> ask_containerd(const std::string& address);

/// Fine when `snapshotter` (unless empty) and the metadata store are ok in the answer;
/// host_not_ready says what they are instead.
Result<> require_snapshotter(const ContainerdAnswer& answer, const std::string& snapshotter);

/// Waits until `process` answers at `address`: woken by the socket's appearance (inotify), the
/// process's end (pidfd) or an interrupt. aborted when the process ended, deadline_exceeded.
Result<ContainerdAnswer> wait_for_answer(const sys::Process& process, const std::string& address,
                                         std::chrono::steady_clock::time_point deadline);

}  // namespace flintctl::provision
