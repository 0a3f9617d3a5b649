// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "provision/containerd_process.hpp"
#include "sys/process.hpp"

namespace flintctl::provision {

/// Runs containerd where the end of the caller's session does not reach it: as a transient service
/// where systemd runs, else detached in the cgroup of `names`. Output is appended to `log_file`,
/// which exists. Returns once exec succeeded; no process when it has ended already.
Result<std::optional<sys::Process>> launch_containerd(const ContainerdNames& names,
                                                      const std::vector<std::string>& argv,
                                                      const std::string& address,
                                                      const std::string& log_file);

/// Ends everything that launch_containerd() started under `names`, whatever state it is in.
void end_launched(const ContainerdNames& names);

}  // namespace flintctl::provision
