// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "network/links.hpp"
#include "provision/step.hpp"

namespace flintctl::provision {

/// IPv4 forwarding of the calling process's network namespace, net.ipv4.ip_forward.
inline constexpr std::string_view forwarding_sysctl = "net.ipv4.ip_forward";
Result<bool> forwards();
Result<> set_forwarding(bool on);

/// Of one interface: packets that come in through it are forwarded. Setting the host's sets them
/// all, and what is set later for one of them counts. ip-sysctl.rst.
std::string forwarding_sysctl_of(const std::string& interface);
Result<bool> forwards_from(const std::string& interface);
Result<> set_forwarding_from(const std::string& interface, bool on);

/// True when a file of sysctl.d(5) turns forwarding on.
bool asks_for_forwarding(std::string_view sysctl_file);

/// What on this host seems to need forwarding though flintctl's networks go: "the bridge docker0".
/// A sysctl file other than ours, a bridge that is no way out for the host itself, one of
/// `translating` (nftables chains). Nothing when there is none.
std::optional<std::string> other_need_of_forwarding(
    const HostPaths& paths, const std::vector<network::Interface>& interfaces,
    const std::vector<std::string>& translating);

/// The bridge is one that flintctl made.
bool is_own_bridge(const network::Interface& bridge);

/// Of flintctl's own sysctl setting.
std::string forwarding_file(const HostPaths& paths);

}  // namespace flintctl::provision
