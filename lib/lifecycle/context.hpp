// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "containerd/client.hpp"
#include "inventory/paths.hpp"
#include "inventory/status.hpp"
#include "lifecycle/parts.hpp"

namespace flintctl::lifecycle {

/// What a plan works with: the host, without containerd. Borrowed: all of it outlives the call.
struct PlanContext {
  Parts& parts;
  inventory::Paths paths;
  std::string snapshotter = "devmapper";
  std::string pool;  ///< thin pool whose devices gc looks at; empty: none
  /// One line for the person who waits ("starting qemu"); may be empty.
  std::function<void(std::string_view)> note;
};

/// What every operation on a VM works with.
struct Context : PlanContext {
  Context(PlanContext plan, containerd::Client& containerd)
      : PlanContext(std::move(plan)), client(containerd) {}
  containerd::Client& client;
};

/// A VM's name with its namespace.
struct Target {
  std::string name_space = "default";
  std::string name;
};

void say(const PlanContext& context, std::string_view text);

/// Statuses that ask this context's host.
inventory::Statuses statuses(const Context& context);

/// Size of the filesystem that bounds one VM's console and hypervisor logs, in bytes.
inline constexpr std::uint64_t log_space = 4U << 20U;

/// More interfaces than any provider takes.
inline constexpr unsigned most_interfaces = 32;
/// The taps, of those given, that are a VM's: their names are made from its uid, so that no record
/// is needed to find them.
std::vector<std::string> taps_of(const std::string& uid, const std::vector<std::string>& taps);

}  // namespace flintctl::lifecycle
