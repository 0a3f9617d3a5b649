// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "lifecycle/context.hpp"

namespace flintctl::lifecycle {

/// Nodes of the devices behind the active snapshots that a lease holds. Committed ones have none.
std::vector<std::string> devices_of_lease(const Context& context, const std::string& lease);

/// Returns when none of these devices exists any more. Their lease is gone by now, and containerd
/// removes a device in its collection; one that was busy then (an extractor that is just dying,
/// udev that looks at it) waits for the next collection, which this asks for. deadline_exceeded
/// when something holds a device for good.
Result<> wait_devices_gone(const Context& context, const std::vector<std::string>& devices);

/// Has containerd remove the devices that it gave up and could not remove then: a Prepare whose
/// caller died, a device that was busy. Only containerd may: a device that goes behind its back is
/// brought back at its next start, and its number given twice (containerd issue 4790).
Result<> collect_devices(const Context& context);

/// Leases that exist only to have containerd collect; a kill may leave one.
inline constexpr auto collection_prefix = "flintctl/collect/";

}  // namespace flintctl::lifecycle
