// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "support/containerd/fake_daemon.hpp"

namespace flintctl::containerd {
namespace {

Error missing(const std::string& key) {
  return Error(Code::not_found, fmt::format("snapshot {} does not exist: not found", key));
}

Error exists(const std::string& key) {
  return Error(Code::already_exists, fmt::format("snapshot \"{}\": already exists", key));
}

}  // namespace

Result<FakeSnapshot*> FakeDaemon::snapshot(const SnapshotKey& key) {
  const auto found = snapshots.find(key);
  if (found == snapshots.end()) return missing(key.second);
  return &found->second;
}

std::vector<Mount> FakeDaemon::mounts(const FakeSnapshot& snapshot) const {
  if (make_mounts) return make_mounts(snapshot.info.name, snapshot.number);
  Mount mount;
  mount.type = "ext4";
  mount.source = fmt::format("/dev/mapper/flintlock-dev-thinpool-snap-{}", snapshot.number);
  if (snapshot.info.kind == SnapshotKind::view) mount.options = {"ro"};
  return {mount};
}

Result<std::vector<Mount>> FakeDaemon::create_snapshot(const std::string& lease,
                                                       const SnapshotKey& key,
                                                       const std::string& parent, SnapshotKind kind,
                                                       const Labels& labels) {
  TRY(check_lease(lease));
  TRY(check_label_sizes(labels));
  if (const auto target = labels.find("containerd.io/snapshot.ref");
      target != labels.end() && snapshots.contains({key.first, target->second})) {
    return exists(target->second);  // and, as in 1.6, the existing one does not join the lease
  }
  if (snapshots.contains(key)) return exists(key.second);
  if (!parent.empty()) {
    const auto* above = TRY(snapshot({key.first, parent}));
    if (above->info.kind != SnapshotKind::committed) {
      return Error(
          Code::invalid_argument,
          fmt::format("parent \"{}\" is not committed snapshot: invalid argument", parent));
    }
  }
  FakeSnapshot made;
  made.info = {key.second, parent, kind, labels, std::chrono::system_clock::now()};
  made.number = next_snapshot++;
  const auto answer = mounts(made);
  snapshots.emplace(key, std::move(made));
  hold(lease, "snapshots/" + key.first, key.second);
  return answer;
}

Result<> FakeDaemon::commit_snapshot(const std::string& lease, const SnapshotKey& key,
                                     const std::string& name, const Labels& labels) {
  TRY(check_lease(lease));
  TRY(check_label_sizes(labels));
  if (snapshots.contains({key.first, name})) return exists(name);
  auto active = *TRY(snapshot(key));
  if (active.info.kind != SnapshotKind::active) {
    return Error(Code::aborted,
                 fmt::format("snapshot {} is not active: failed precondition", key.second));
  }
  snapshots.erase(key);
  active.info.name = name;
  active.info.kind = SnapshotKind::committed;
  active.info.labels = labels;
  snapshots.emplace(SnapshotKey(key.first, name), std::move(active));
  release("snapshots/" + key.first, key.second, lease);
  hold(lease, "snapshots/" + key.first, name);
  return {};
}

Result<> FakeDaemon::remove_snapshot(const std::string& lease, const SnapshotKey& key) {
  TRY(check_lease(lease));
  TRY(snapshot(key));
  for (const auto& [other, child] : snapshots) {
    if (other.first == key.first && child.info.parent == key.second) {
      return Error(Code::aborted, "cannot remove snapshot with child: failed precondition");
    }
  }
  snapshots.erase(key);
  release("snapshots/" + key.first, key.second, lease);
  return {};
}

}  // namespace flintctl::containerd
