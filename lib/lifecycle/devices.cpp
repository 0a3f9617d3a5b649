// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/devices.hpp"

#include <chrono>

#include "sys/host.hpp"

namespace flintctl::lifecycle {
namespace {

using namespace std::chrono_literals;

/// Between two collections; 15 of them are half a minute.
constexpr auto patience = 2s;
constexpr int attempts = 15;

/// Any committed snapshot, or empty.
Result<std::string> some_committed(const Context& context) {
  for (const auto& snapshot : TRY(context.client.snapshot_list(context.snapshotter, {}))) {
    if (snapshot.kind == containerd::SnapshotKind::committed) return snapshot.name;
  }
  return std::string();
}

/// A snapshot that lives as long as `lease`. Of an image there is a view, which writes nothing;
/// else it takes a new filesystem.
Result<> make_passing_snapshot(const Context& context, const std::string& lease) {
  const auto leased = context.client.with_lease(lease);
  const auto parent = TRY(some_committed(context));
  if (parent.empty()) {
    TRY(leased->snapshot_prepare(context.snapshotter, lease, "", {}));
  } else {
    TRY(leased->snapshot_view(context.snapshotter, lease, parent, {}));
  }
  return {};
}

Result<> wait_all(const Context& context, const std::vector<std::string>& devices) {
  for (const auto& device : devices) TRY(context.parts.wait_device_gone(device, patience));
  return {};
}

}  // namespace

// containerd looks through the devices of a snapshotter only in a collection in which, or before
// which, one of its snapshots was removed (metadata/db.go, GarbageCollect).
Result<> collect_devices(const Context& context) {
  const auto lease = collection_prefix + sys::random_hex(8);
  TRY(context.client.lease_create(lease, {}));
  auto made = make_passing_snapshot(context, lease);
  TRY(context.client.lease_delete(lease));
  return made;
}

std::vector<std::string> devices_of_lease(const Context& context, const std::string& lease) {
  std::vector<std::string> devices;
  const auto resources = context.client.lease_resources(lease);
  if (!resources) return devices;
  const auto wanted = "snapshots/" + context.snapshotter;
  for (const auto& resource : *resources) {
    if (resource.type != wanted) continue;
    const auto mounts = context.client.snapshot_mounts(context.snapshotter, resource.id);
    if (mounts && !mounts->empty()) devices.push_back(mounts->front().source);
  }
  return devices;
}

Result<> wait_devices_gone(const Context& context, const std::vector<std::string>& devices) {
  for (int attempt = 1;; ++attempt) {
    auto gone = wait_all(context, devices);
    if (gone || gone.error().code() != Code::deadline_exceeded || attempt == attempts) return gone;
    TRY(collect_devices(context));
  }
}

}  // namespace flintctl::lifecycle
