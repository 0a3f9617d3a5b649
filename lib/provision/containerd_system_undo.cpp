// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "config/config.hpp"
#include "provision/containerd_system.hpp"
#include "provision/system_config_file.hpp"
#include "sys/file.hpp"

namespace flintctl::provision {
namespace {

/// There is no whole block of ours in the file, if there is one at all.
Result<Undone> undo_no_block(const std::string& path, const Result<std::string>& text,
                             Notes& notes) {
  if (text && text->find(devmapper_plugin) != std::string::npos) {
    notes.push_back(
        fmt::format("the devmapper table in {} was changed by another hand and is "
                    "left as it is",
                    path));
  }
  // Equal to the file: the run that made it was killed before it wrote.
  const std::string backup = config_backup(path);
  const auto old = read_config(backup);
  if (!old || (text && *old == *text)) {
    TRY(sys::remove_file(backup));
  } else {
    notes.push_back(fmt::format("what {} was before is {}", path, backup));
  }
  return Undone::done;
}

Result<Undone> undo_block(const Change& change, Notes& notes) {
  const std::string& path = change.target;
  const std::string backup = config_backup(path);
  TRY(remove_config_candidate(path));
  const auto text = read_config(path);
  const auto rest = text ? without_block(*text) : std::nullopt;
  if (!rest) return undo_no_block(path, text, notes);
  const auto old = read_config(backup);
  // Before the block the last line got its end.
  if (old && (*old == *rest || *old + "\n" == *rest)) {
    TRY(rename_config(backup, path));
  } else if (rest->empty()) {
    TRY(sys::remove_file(path));
    if (old) notes.push_back(fmt::format("what {} was before is {}", path, backup));
  } else {
    TRY(write_config_candidate(path, *rest));
    TRY(install_config_candidate(path));
    TRY(sys::remove_file(backup));
  }
  notes.push_back(fmt::format(
      "{} no longer has the devmapper table; its containerd forgets it when it is restarted",
      path));
  return Undone::done;
}

}  // namespace

Result<> SystemContainerdStep::refuse_running(const Change& change) const {
  const std::string address =
      change.details.string_or("address", config::system_containerd_address);
  const auto status = wanted_.status(address);
  if (!status || status->owner != ContainerdOwner::other) return {};
  const auto& all = status->snapshotters;
  const bool uses = std::any_of(all.begin(), all.end(), [](const SnapshotterState& one) {
    return one.id == "devmapper" && one.state == SnapshotterState::State::ok;
  });
  if (!uses) return {};
  const std::string pool = change.details.string_or("pool");
  return Error(Code::aborted,
               fmt::format("the host's containerd (process {} at {}) runs with the devmapper "
                           "snapshotter{}, which would be taken from under it",
                           status->pid, address,
                           pool.empty() ? std::string() : fmt::format(" on the pool '{}'", pool)))
      .with_hint(
          fmt::format("see that nobody needs them (ctr namespaces ls; ctr -n NAMESPACE snapshots "
                      "--snapshotter devmapper ls), then: systemctl stop {0}; flintctl provision "
                      "reset; systemctl start {0}",
                      wanted_.unit));
}

Result<> SystemContainerdStep::allow_undo(const Change& change, Data /*data*/) {
  if (change.kind != "table" && change.kind != "drop-in") return {};
  TRY(refuse_running(change));
  if (change.kind != "table") return {};
  const auto text = read_config(change.target);
  if (!text || without_block(*text) || !has_mark(*text)) return {};
  const std::string backup = config_backup(change.target);
  return Error(Code::aborted,
               fmt::format("the marks around the devmapper table in {} were changed by another "
                           "hand, so that it is not known what to take out",
                           change.target))
      .with_hint(fmt::format("take the table and its mark out{}",
                             sys::exists(backup) ? ": what was there before is " + backup : ""));
}

Result<Undone> SystemContainerdStep::undo(const Change& change, Data data, Notes& notes) {
  if (change.kind == "drop-in") {
    // The file itself is a change of its own, undone before this one.
    TRY(remove_config_candidate(change.target));
    TRY(remove_config_candidate(change.details.string_or("main")));
    notes.push_back("the host's containerd forgets the devmapper table when it is restarted");
    return Undone::done;
  }
  if (change.kind == "table") return undo_block(change, notes);
  return Step::undo(change, data, notes);
}

}  // namespace flintctl::provision
