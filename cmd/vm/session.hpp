// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "image/pull_image.hpp"
#include "image/settings.hpp"
#include "lifecycle/context.hpp"
#include "lifecycle/run.hpp"

namespace flintctl::cmd {

/// The real host behind the VM commands: parts that live as long as the contexts that borrow them.
struct VmSession {
  std::unique_ptr<lifecycle::Parts> parts;
  std::unique_ptr<lifecycle::Context> context;
};
using PullListener = std::function<void(const image::PullResult& result)>;
/// Connects to containerd. `flags` say how to pull an image that is not local; `pulled` hears of
/// each that a registry was asked for.
Result<VmSession> open_vm_session(Host& host, const PullFlags& flags = {},
                                  PullListener pulled = {});

struct VmPlanSession {
  std::unique_ptr<lifecycle::Parts> parts;
  lifecycle::PlanContext context;
};
/// For a dry run: needs neither root nor containerd.
Result<VmPlanSession> open_vm_plan_session(Host& host, const PullFlags& flags = {});

/// --wait, --timeout and --boot-marker.
struct VmWaitFlags {
  std::string until = "running";
  std::chrono::milliseconds timeout = std::chrono::minutes(2);
  std::string boot_marker;
};
void add_wait_flags(cli::Command& command, VmWaitFlags& flags);
lifecycle::WaitOptions wait_options(const VmWaitFlags& flags);

}  // namespace flintctl::cmd
