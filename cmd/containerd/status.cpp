// SPDX-License-Identifier: Apache-2.0
#include "containerd/status.hpp"

#include <fmt/format.h>

#include <memory>
#include <string_view>

#include "core/units.hpp"
#include "provision/containerd_daemon.hpp"

namespace flintctl::cmd {
namespace {

using provision::ContainerdOwner;
using provision::ContainerdStatus;
using provision::SnapshotterState;

std::string_view owner_word(ContainerdOwner owner) {
  if (owner == ContainerdOwner::flintctl) return "flintctl";
  return owner == ContainerdOwner::other ? "other" : "none";
}

std::string_view state_word(SnapshotterState::State state) {
  if (state == SnapshotterState::State::ok) return "ok";
  return state == SnapshotterState::State::skipped ? "skip" : "error";
}

data::Value to_value(const ContainerdStatus& status) {
  data::Value snapshotters = data::Value::array();
  for (const SnapshotterState& state : status.snapshotters) {
    data::Value entry =
        data::Value::object({{"name", state.id}, {"state", state_word(state.state)}});
    if (!state.message.empty()) entry.set("message", state.message);
    snapshotters.push(std::move(entry));
  }
  data::Value value = data::Value::object({{"apiVersion", "flintctl/v1"},
                                           {"kind", "Containerd"},
                                           {"address", status.address},
                                           {"ready", status.problem.empty()},
                                           {"startedBy", owner_word(status.owner)}});
  if (!status.version.empty()) value.set("version", status.version);
  if (status.pid > 0) value.set("pid", static_cast<std::int64_t>(status.pid));
  if (status.uptime) value.set("uptimeSeconds", static_cast<std::int64_t>(status.uptime->count()));
  if (!status.config_path.empty()) value.set("configPath", status.config_path);
  if (!status.log_file.empty()) value.set("logFile", status.log_file);
  value.set("snapshotters", std::move(snapshotters));
  if (!status.problem.empty()) value.set("problem", status.problem);
  return value;
}

void print_line(std::ostream& out, std::string_view title, std::string_view text) {
  if (!text.empty()) out << fmt::format("{:<14}{}\n", title, text);
}

void print(std::ostream& out, const ContainerdStatus& status) {
  print_line(out, "Address:", status.address);
  print_line(out, "Started by:", owner_word(status.owner));
  print_line(out, "Version:", status.version);
  if (status.pid > 0) print_line(out, "PID:", std::to_string(status.pid));
  if (status.uptime) print_line(out, "Uptime:", format_age(*status.uptime));
  print_line(out, "Config:", status.config_path);
  print_line(out, "Log:", status.log_file);
  std::string_view title = "Snapshotters:";
  for (const SnapshotterState& state : status.snapshotters) {
    std::string line = fmt::format("{} {}", state.id, state_word(state.state));
    // Why others decline is of interest to machines at most.
    if (state.state == SnapshotterState::State::failed) line += fmt::format(" ({})", state.message);
    print_line(out, title, line);
    title = "";
  }
}

}  // namespace

Result<> containerd_status(Host& host, const ContainerdStatusOptions& options) {
  const output::Format format = TRY(host.format());
  const std::string address = TRY(running_containerd_address(host, options.config_path));
  const ContainerdStatus status =
      TRY(provision::containerd_status(address, TRY(host.config())->snapshotter));
  if (format.is_table()) {
    print(host.streams().out, status);
  } else if (format.kind == output::Kind::name) {
    host.streams().out << "containerd/" << status.address << '\n';
  } else {
    TRY(output::print_value(host.streams().out, format, to_value(status)));
  }
  if (status.problem.empty()) return {};
  return Error(Code::host_not_ready, status.problem).with_hint(status.hint);
}

void add_containerd_status(cli::Command& containerd, Host& host) {
  auto options = std::make_shared<ContainerdStatusOptions>();
  containerd.add("status", "Show whether the private containerd runs and its snapshotter works")
      .details("Exits 0 when it answers and its devmapper snapshotter is ok, else 6.")
      .example("flintctl containerd status -o json", "for scripts")
      .option("--config-path", options->config_path, "Its configuration, which names its address",
              "FILE")
      .action([options, &host] { return containerd_status(host, *options); });
}

}  // namespace flintctl::cmd
