// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "config/config.hpp"
#include "devmapper/driver.hpp"
#include "provision/containerd_daemon.hpp"
#include "provision/containerd_pool.hpp"
#include "provision/containerd_process.hpp"
#include "provision/containerd_ready.hpp"

namespace flintctl::provision {
namespace {

constexpr const char* restart_hint =
    "containerd looks at its pool and its configuration when it starts: flintctl containerd stop, "
    "then flintctl containerd start";

const char* hint_for(const ContainerdStatus& status) {
  if (status.owner == ContainerdOwner::flintctl) return restart_hint;
  if (status.address == config::system_containerd_address) {
    return "flintctl provision containerd --system --restart";
  }
  return "configure its snapshotter and restart it";
}

void add_answer(ContainerdStatus& status, const std::string& snapshotter,
                Result<ContainerdAnswer> answer) {
  if (!answer) {
    status.problem = answer.error().text();
    status.hint = answer.error().hint();
    return;
  }
  auto ok = require_snapshotter(*answer, snapshotter);
  if (!ok) {
    status.problem = ok.error().text();
    status.hint = hint_for(status);
  }
  status.version = std::move(answer->version);
  status.snapshotters = std::move(answer->snapshotters);
}

/// Without the right to ask device-mapper, containerd's word stands.
void add_pool(ContainerdStatus& status) {
  const auto driver = devmapper::open(sys::Modules::leave);
  const auto pool = pool_of_own_containerd(status.address);
  if (!driver || !pool || !*pool) return;
  const auto active = require_active_pool(**pool, **driver);
  if (active) return;
  status.problem = active.error().text();
  status.hint = active.error().hint();
}

}  // namespace

Result<ContainerdStatus> containerd_status(const std::string& address,
                                           const std::string& snapshotter) {
  ContainerdStatus status;
  status.address = address;
  const auto own = TRY(find_own_containerd(address));
  auto glance = glance_at_containerd(address);
  const auto listener = glance ? std::optional(glance->pid) : TRY(listener_of(address));
  if (own) {
    status.owner = ContainerdOwner::flintctl;
    status.pid = own->process.pid();
    status.uptime = std::chrono::duration_cast<std::chrono::seconds>(own->uptime);
    status.config_path = own->config_path;
    status.log_file = own->log_file;
  } else if (listener) {
    status.owner = ContainerdOwner::other;
    status.pid = *listener;
  }
  if (listener) {
    add_answer(status, snapshotter, glance ? *std::move(glance) : ask_containerd(address));
    if (own && snapshotter == "devmapper" && status.problem.empty()) add_pool(status);
    if (own && status.problem.empty()) {
      status.problem = outdated_config(*own, own->config_path);
      if (!status.problem.empty()) status.hint = restart_hint;
    }
  } else if (own) {
    status.problem =
        fmt::format("containerd (pid {}) runs, but nobody listens on {}", status.pid, address);
    status.hint = fmt::format("read {}", status.log_file);
  } else {
    status.problem = fmt::format("no containerd runs at {}", address);
    status.hint = "start it: flintctl containerd start";
  }
  return status;
}

}  // namespace flintctl::provision
