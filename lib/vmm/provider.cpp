// SPDX-License-Identifier: Apache-2.0
#include "vmm/provider.hpp"

#include <fmt/format.h>

#include "vmm/firecracker/firecracker.hpp"
#include "vmm/qemu/qemu.hpp"

namespace flintctl::vmm {
namespace {

using Open = std::unique_ptr<Provider> (*)(Settings settings);

struct Known {
  std::string_view name;
  Open open;
};

constexpr Known known[] = {{"firecracker", &firecracker::open}, {"qemu", &qemu::open}};

Settings settings_for(const std::map<std::string, Settings>& settings, std::string_view name) {
  const auto found = settings.find(std::string(name));
  return found == settings.end() ? Settings{} : found->second;
}

}  // namespace

std::string_view to_string(Accelerator accelerator) {
  return accelerator == Accelerator::kvm ? "kvm" : "tcg";
}

std::string_view to_string(State state) {
  switch (state) {
    case State::absent:
      return "absent";
    case State::starting:
      return "starting";
    case State::running:
      return "running";
    case State::paused:
      return "paused";
    case State::stopped:
      return "stopped";
    case State::failed:
      return "failed";
    case State::unknown:
      break;
  }
  return "unknown";
}

std::string_view to_string(ExitReason reason) {
  switch (reason) {
    case ExitReason::guest_shutdown:
      return "GuestShutdown";
    case ExitReason::guest_reset:
      return "GuestReset";
    case ExitReason::guest_panic:
      return "GuestPanic";
    case ExitReason::killed:
      return "Killed";
    case ExitReason::quit:
      return "HypervisorQuit";
    case ExitReason::hypervisor_error:
      return "HypervisorError";
    case ExitReason::oom:
      return "OutOfMemory";
    case ExitReason::unknown:
      break;
  }
  return "Unknown";
}

std::vector<std::string_view> provider_names() {
  std::vector<std::string_view> names;
  for (const auto& one : known) names.push_back(one.name);
  return names;
}

Result<std::unique_ptr<Provider>> open_provider(std::string_view name, Settings settings) {
  for (const auto& one : known) {
    if (one.name == name) return one.open(std::move(settings));
  }
  return Error(Code::invalid_argument, fmt::format("no provider '{}'", name))
      .with_hint(fmt::format("known are: {}", fmt::join(provider_names(), ", ")));
}

Result<Chosen> choose_provider(const std::map<std::string, Settings>& settings) {
  std::string why;
  std::string hint;
  for (const auto& one : known) {
    auto provider = one.open(settings_for(settings, one.name));
    auto probe = provider->probe();
    if (probe) return Chosen{std::move(provider), *std::move(probe)};
    if (probe.error().code() == Code::invalid_argument) return std::move(probe).error();
    why += fmt::format("{}{}", why.empty() ? "" : "; ", probe.error().text());
    hint = probe.error().hint();  // the last is QEMU's: it needs least
  }
  return Error(Code::host_not_ready, fmt::format("no hypervisor is usable here: {}", why))
      .with_hint(hint);
}

}  // namespace flintctl::vmm
