// SPDX-License-Identifier: Apache-2.0
#include "provision/forwarding.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sys/file.hpp"

namespace flintctl::provision {
namespace {

using network::Interface;

constexpr auto attribute = "/proc/sys/net/ipv4/ip_forward";

std::string attribute_of(const std::string& interface) {
  return fmt::format("/proc/sys/net/ipv4/conf/{}/forwarding", interface);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// Files of sysctl.d(5), and sysctl(8)'s own.
std::vector<std::string> sysctl_files(const HostPaths& paths) {
  std::vector<std::string> files = {paths.etc + "/sysctl.conf"};
  for (const std::string& folder :
       {paths.etc + "/sysctl.d", paths.run + "/sysctl.d", std::string("/usr/lib/sysctl.d")}) {
    for (const std::string& name : sys::list_directory(folder).value_or({})) {
      if (name.ends_with(".conf")) files.push_back(fmt::format("{}/{}", folder, name));
    }
  }
  return files;
}

/// A bridge over the host's own network card is how the host itself is reached, and forwards
/// nothing.
bool has_card(const Interface& bridge, const std::vector<Interface>& interfaces) {
  return std::any_of(interfaces.begin(), interfaces.end(), [&](const Interface& one) {
    return one.master == bridge.index && one.kind.empty();
  });
}

}  // namespace

Result<bool> forwards() { return TRY(sys::read_file(attribute)).starts_with('1'); }

Result<> set_forwarding(bool on) { return sys::write_attribute(attribute, on ? "1" : "0"); }

std::string forwarding_sysctl_of(const std::string& interface) {
  // sysctl(8) takes '/' for the dots that belong to a name.
  std::string name = interface;
  std::replace(name.begin(), name.end(), '.', '/');
  return fmt::format("net.ipv4.conf.{}.forwarding", name);
}

Result<bool> forwards_from(const std::string& interface) {
  return TRY(sys::read_file(attribute_of(interface))).starts_with('1');
}

Result<> set_forwarding_from(const std::string& interface, bool on) {
  return sys::write_attribute(attribute_of(interface), on ? "1" : "0");
}

bool asks_for_forwarding(std::string_view sysctl_file) {
  while (!sysctl_file.empty()) {
    const auto end = std::min(sysctl_file.find('\n'), sysctl_file.size());
    std::string_view line = trimmed(sysctl_file.substr(0, end));
    sysctl_file.remove_prefix(std::min(end + 1, sysctl_file.size()));
    if (line.starts_with('-')) line = trimmed(line.substr(1));  // whose failure is no error
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    std::string key(trimmed(line.substr(0, equals)));
    std::replace(key.begin(), key.end(), '/', '.');
    const bool on = trimmed(line.substr(equals + 1)) == "1";
    if (on && (key == forwarding_sysctl || key == "net.ipv4.conf.all.forwarding")) return true;
  }
  return false;
}

std::optional<std::string> other_need_of_forwarding(const HostPaths& paths,
                                                    const std::vector<Interface>& interfaces,
                                                    const std::vector<std::string>& translating) {
  for (const std::string& file : sysctl_files(paths)) {
    if (file == forwarding_file(paths)) continue;
    if (asks_for_forwarding(sys::read_file(file).value_or({}))) return file;
  }
  for (const Interface& one : interfaces) {
    if (one.kind != "bridge" || is_own_bridge(one) || one.addresses.empty()) continue;
    if (!has_card(one, interfaces)) return "the bridge " + one.name;
  }
  if (translating.empty()) return std::nullopt;
  return fmt::format("the nftables chain '{}'", translating.front());
}

bool is_own_bridge(const Interface& bridge) {
  return bridge.kind == "bridge" &&
         bridge.hardware_address == network::bridge_hardware_address(bridge.name);
}

std::string forwarding_file(const HostPaths& paths) {
  return paths.etc + "/sysctl.d/60-flintctl.conf";
}

}  // namespace flintctl::provision
