// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "inventory/paths.hpp"
#include "inventory/runtime.hpp"
#include "vm/labels.hpp"
#include "vm/status.hpp"
#include "vmm/provider.hpp"

namespace flintctl::inventory {

/// The two questions to the host that a status needs; tests answer them without a hypervisor.
struct HostView {
  std::function<Result<bool>(const std::string& uid)> alive;
  std::function<Result<std::unique_ptr<vmm::Provider>>(const std::string& name)> provider;
};

/// What names a VM to its provider.
vmm::Instance instance_of(const Paths& paths, const std::string& uid);

/// The record of an end as the provider's evidence tells it.
Exit exit_from(const vmm::ExitEvidence& evidence, vm::Time at);

/// Derives the status of VMs from the host.
class Statuses {
 public:
  Statuses(Paths paths, const containerd::Client& client, HostView host)
      : paths_(std::move(paths)), client_(client), host_(std::move(host)) {}

  /// From cgroup, boot id and files; opens no hypervisor socket.
  [[nodiscard]] vm::Status glance(const vm::Summary& summary) const;
  /// The same, and asks a live hypervisor, which has `timeout` to answer.
  [[nodiscard]] vm::Status ask(const vm::Summary& summary, std::chrono::milliseconds timeout) const;

 private:
  [[nodiscard]] vm::Observation observe(const vm::Summary& summary) const;
  [[nodiscard]] std::optional<Exit> exit_of(const vm::Summary& summary,
                                            const Runtime& runtime) const;

  Paths paths_;
  const containerd::Client& client_;
  HostView host_;
};

}  // namespace flintctl::inventory
