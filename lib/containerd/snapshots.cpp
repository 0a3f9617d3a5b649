// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "containerd/backoff.hpp"
#include "containerd/call.hpp"
#include "containerd/names.hpp"
#include "containerd/services/snapshots/v1/snapshots.grpc.pb.h"

namespace flintctl::containerd {

namespace api = ::containerd::services::snapshots::v1;

namespace {

template <typename Response>
std::vector<Mount> to_mounts(const Response& response) {
  std::vector<Mount> mounts;
  for (const auto& mount : response.mounts()) {
    mounts.push_back({mount.type(),
                      mount.source(),
                      mount.target(),
                      {mount.options().begin(), mount.options().end()}});
  }
  return mounts;
}

SnapshotKind to_kind(api::Kind kind) {
  switch (kind) {
    case api::VIEW:
      return SnapshotKind::view;
    case api::ACTIVE:
      return SnapshotKind::active;
    case api::COMMITTED:
      return SnapshotKind::committed;
    default:
      return SnapshotKind::unknown;
  }
}

SnapshotInfo to_info(const api::Info& wire) {
  return {wire.name(), wire.parent(), to_kind(wire.kind()), to_labels(wire.labels()),
          to_time(wire.created_at())};
}

/// A request whose only fields are snapshotter and key.
template <typename Request>
Request keyed(const std::string& snapshotter, const std::string& key) {
  Request request;
  request.set_snapshotter(snapshotter);
  request.set_key(key);
  return request;
}

/// Prepare or View: tried again while device-mapper is busy with the parent (5 tries).
template <typename Request, typename Method>
Result<std::vector<Mount>> create(const Session& session, Method method, Request request,
                                  const std::string& parent, const Labels& labels,
                                  const std::string& what) {
  using std::chrono::milliseconds;
  TRY(check_labels(labels));
  request.set_parent(parent);
  set_labels(*request.mutable_labels(), labels);
  Backoff backoff(milliseconds(100), milliseconds(400), milliseconds(1100));
  while (true) {
    auto response = unary(session, method, request, what);
    if (response) return to_mounts(*response);
    if (!is_transient_devmapper_error(response.error()) || !backoff.wait()) {
      return std::move(response).error();
    }
  }
}

}  // namespace

Result<std::vector<Mount>> GrpcClient::snapshot_prepare(const std::string& snapshotter,
                                                        const std::string& key,
                                                        const std::string& parent,
                                                        const Labels& labels) {
  return create(session_, &api::Snapshots::Stub::Prepare,
                keyed<api::PrepareSnapshotRequest>(snapshotter, key), parent, labels,
                fmt::format("preparing {} snapshot '{}'", snapshotter, key));
}

Result<std::vector<Mount>> GrpcClient::snapshot_view(const std::string& snapshotter,
                                                     const std::string& key,
                                                     const std::string& parent,
                                                     const Labels& labels) {
  return create(session_, &api::Snapshots::Stub::View,
                keyed<api::ViewSnapshotRequest>(snapshotter, key), parent, labels,
                fmt::format("viewing {} snapshot '{}'", snapshotter, parent));
}

Result<std::vector<Mount>> GrpcClient::snapshot_mounts(const std::string& snapshotter,
                                                       const std::string& key) {
  return to_mounts(TRY(
      unary(session_, &api::Snapshots::Stub::Mounts, keyed<api::MountsRequest>(snapshotter, key),
            fmt::format("asking for the mounts of {} snapshot '{}'", snapshotter, key))));
}

Result<> GrpcClient::snapshot_commit(const std::string& snapshotter, const std::string& name,
                                     const std::string& key, const Labels& labels) {
  TRY(check_labels(labels));
  auto request = keyed<api::CommitSnapshotRequest>(snapshotter, key);
  request.set_name(name);
  set_labels(*request.mutable_labels(), labels);
  return command(session_, &api::Snapshots::Stub::Commit, request,
                 fmt::format("committing {} snapshot '{}' as '{}'", snapshotter, key, name));
}

Result<> GrpcClient::snapshot_remove(const std::string& snapshotter, const std::string& key) {
  return command(session_, &api::Snapshots::Stub::Remove,
                 keyed<api::RemoveSnapshotRequest>(snapshotter, key),
                 fmt::format("removing {} snapshot '{}'", snapshotter, key));
}

Result<SnapshotInfo> GrpcClient::snapshot_stat(const std::string& snapshotter,
                                               const std::string& key) {
  const auto response = TRY(unary(session_, &api::Snapshots::Stub::Stat,
                                  keyed<api::StatSnapshotRequest>(snapshotter, key),
                                  fmt::format("looking for {} snapshot '{}'", snapshotter, key)));
  return to_info(response.info());
}

Result<std::vector<SnapshotInfo>> GrpcClient::snapshot_list(
    const std::string& snapshotter, const std::vector<std::string>& filters) {
  api::ListSnapshotsRequest request;
  request.set_snapshotter(snapshotter);
  for (const auto& filter : filters) request.add_filters(filter);
  CallContext context(session_);
  api::Snapshots::Stub stub(session_.channel);
  const auto reader = stub.List(&context, request);
  std::vector<SnapshotInfo> snapshots;
  api::ListSnapshotsResponse page;
  while (reader->Read(&page)) {
    for (const auto& info : page.info()) snapshots.push_back(to_info(info));
  }
  const auto status = reader->Finish();
  if (status.ok()) return snapshots;
  return to_error(status, fmt::format("listing {} snapshots", snapshotter), session_);
}

Result<SnapshotUsage> GrpcClient::snapshot_usage(const std::string& snapshotter,
                                                 const std::string& key) {
  const auto response =
      TRY(unary(session_, &api::Snapshots::Stub::Usage, keyed<api::UsageRequest>(snapshotter, key),
                fmt::format("measuring {} snapshot '{}'", snapshotter, key)));
  return SnapshotUsage{response.size(), response.inodes()};
}

}  // namespace flintctl::containerd
