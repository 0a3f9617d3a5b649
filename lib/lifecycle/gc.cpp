// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/gc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "image/kernel_cache.hpp"
#include "image/local_image.hpp"
#include "inventory/lock.hpp"
#include "inventory/owner.hpp"
#include "inventory/records.hpp"
#include "lifecycle/devices.hpp"
#include "lifecycle/remove.hpp"
#include "oci/platform.hpp"
#include "sys/file.hpp"
#include "vm/name.hpp"

namespace flintctl::lifecycle {
namespace {

using namespace std::chrono_literals;

/// What bears a uid on this host.
struct HostView {
  std::vector<std::string> uids;  ///< with a folder or a cgroup
  std::vector<std::string> taps;
};

/// What containerd says of uids.
struct Known {
  std::map<std::string, vm::Summary> records;
  std::map<std::string, inventory::Records::Lease> leases;
  [[nodiscard]] bool has(const std::string& uid) const {
    return records.count(uid) != 0 || leases.count(uid) != 0;
  }
};

Result<HostView> look_at_host(const Context& context) {
  HostView host;
  auto uids = TRY(inventory::directory_uids(context.paths));
  std::set<std::string> all(uids.begin(), uids.end());
  for (auto& uid : TRY(context.parts.launched_uids())) all.insert(std::move(uid));
  host.uids.assign(all.begin(), all.end());
  host.taps = TRY(context.parts.taps());
  return host;
}

Result<Known> look_at_containerd(const Context& context) {
  inventory::Records records(context.client);
  Known known;
  for (auto& lease : TRY(records.leases())) known.leases.emplace(lease.uid, lease);
  for (auto& summary : TRY(records.list())) known.records.emplace(summary.uid, summary);
  return known;
}

class Collector {
 public:
  Collector(const Context& context, const GcOptions& options)
      : context_(context), options_(options) {}

  Result<std::vector<Leftover>> run() {
    // The host first: what it shows by now has its lease, for the lease is made before and removed
    // after everything else. The other way round a VM made in between would look like a leftover.
    host_ = TRY(look_at_host(context_));
    known_ = TRY(look_at_containerd(context_));
    unfinished_vms();
    orphans();
    taps();
    TRY(snapshots());
    TRY(ingests());
    TRY(caches());
    TRY(devices());
    return std::move(found_);
  }

 private:
  /// Notes a leftover and, unless this is a dry run, removes it.
  void take(std::string kind, std::string name, std::string why,
            const std::function<Result<>()>& remove) {
    Leftover leftover{std::move(kind), std::move(name), std::move(why), Leftover::Fate::found};
    if (options_.mode == GcOptions::Mode::remove) {
      auto removed = remove();
      leftover.fate = removed ? Leftover::Fate::removed : Leftover::Fate::failed;
      if (!removed) leftover.why = removed.error().text();
    }
    found_.push_back(std::move(leftover));
  }

  /// A lease or record whose create or delete nobody works on any more.
  void unfinished_vms() {
    std::map<std::string, Target> candidates;
    for (const auto& [uid, lease] : known_.leases) {
      if (known_.records.count(uid) == 0) candidates[uid] = {lease.name_space, lease.name};
    }
    for (const auto& [uid, summary] : known_.records) {
      if (summary.stage != vm::Stage::created) candidates[uid] = {summary.name_space, summary.name};
    }
    for (const auto& [uid, target] : candidates) unfinished_vm(uid, target);
  }

  void unfinished_vm(const std::string& uid, const Target& target) {
    const auto lock =
        inventory::lock_name(context_.paths, context_.client, target.name_space, target.name, 0ms);
    if (!lock || !still_unfinished(uid)) return;
    take("vm", uid,
         fmt::format("unfinished create or delete of '{}'",
                     vm::display_name(target.name_space, target.name)),
         [&] { return remove_parts(context_, uid); });
  }

  /// Asked again under the lock: the create may have ended well while we looked around.
  bool still_unfinished(const std::string& uid) const {
    const auto known = look_at_containerd(context_);
    if (!known || !known->has(uid)) return false;
    const auto record = known->records.find(uid);
    return record == known->records.end() || record->second.stage != vm::Stage::created;
  }

  /// Folders and cgroups of uids that containerd does not know.
  void orphans() {
    for (const auto& uid : host_.uids) {
      if (known_.has(uid) || owned_elsewhere(uid)) continue;
      take("vm", uid, "folders or processes without a record",
           [&] { return remove_parts(context_, uid); });
    }
  }

  bool owned_elsewhere(const std::string& uid) const {
    const auto owner = inventory::owner_of(context_.paths, context_.client, uid);
    return owner == inventory::Owner::neighbour || owner == inventory::Owner::another;
  }

  bool owned_by_another_containerd(const std::string& uid) const {
    return inventory::owner_of(context_.paths, context_.client, uid) == inventory::Owner::another;
  }

  void taps() {
    for (const auto& tap : host_.taps) {
      if (tap_has_owner(tap)) continue;
      take("tap", tap, "no VM has this interface", [&] { return context_.parts.remove_tap(tap); });
    }
  }

  bool tap_has_owner(const std::string& tap) const {
    const auto belongs = [&](const std::string& uid) { return !taps_of(uid, {tap}).empty(); };
    // uids of the host were judged above; what still has a folder is somebody else's.
    return std::any_of(known_.leases.begin(), known_.leases.end(),
                       [&](const auto& lease) { return belongs(lease.first); }) ||
           std::any_of(known_.records.begin(), known_.records.end(),
                       [&](const auto& record) { return belongs(record.first); }) ||
           std::any_of(host_.uids.begin(), host_.uids.end(),
                       [&](const std::string& uid) { return belongs(uid); });
  }

  /// Active snapshots with a VM's key and no lease; containerd's own collection takes them, too.
  Result<> snapshots() {
    for (const auto& snapshot : TRY(context_.client.snapshot_list(context_.snapshotter, {}))) {
      if (snapshot.kind != containerd::SnapshotKind::active) continue;
      const auto uid = uid_in_key(snapshot.name);
      if (uid.empty() || known_.has(uid) || known_now(uid)) continue;
      take("snapshot", snapshot.name, "its VM is gone",
           [&] { return context_.client.snapshot_remove(context_.snapshotter, snapshot.name); });
    }
    return {};
  }

  /// Snapshots are listed after the leases, so a fresh VM's lease must be looked for again.
  bool known_now(const std::string& uid) const {
    const auto known = look_at_containerd(context_);
    return !known || known->has(uid);
  }

  /// The uid in "flintctl/<namespace>/<name>/<uid>/<volume>"; empty for other keys. containerd may
  /// answer with its own prefix before ours.
  static std::string uid_in_key(const std::string& key) {
    if (key.rfind(inventory::snapshot_prefix, 0) != 0) return {};
    const auto last = key.rfind('/');
    const auto before = key.rfind('/', last - 1);
    if (before == std::string::npos || last <= before) return {};
    auto uid = key.substr(before + 1, last - before - 1);
    return vm::is_uid(uid) ? uid : std::string();
  }

  Result<> ingests() {
    for (const auto& ingest : TRY(context_.client.content_ingests())) {
      if (ingest.ref.rfind(inventory::lease_prefix, 0) != 0) continue;
      const auto uid =
          ingest.ref.substr(std::string_view(inventory::lease_prefix).size(), vm::uid_length);
      if (known_.has(uid) || known_now(uid)) continue;
      take("ingest", ingest.ref, "an unfinished write of a record",
           [&] { return context_.client.content_abort(ingest.ref); });
    }
    return {};
  }

  Result<> caches() {
    for (const auto& lease : TRY(context_.parts.abandoned_pulls())) {
      take("pull", lease.id, "an interrupted pull", [&] { return release(lease.id); });
    }
    for (const auto& lease : TRY(context_.client.lease_list({}))) {
      if (lease.id.rfind(collection_prefix, 0) != 0) continue;
      take("lease", lease.id, "an interrupted collection",
           [&] { return context_.client.lease_delete(lease.id); });
    }
    for (const auto& path : TRY(context_.parts.abandoned_partials())) {
      take("partial", path, "a partial layer that no pull holds",
           [&] { return sys::remove_file(path); });
    }
    return kernels();
  }

  Result<> release(const std::string& lease) {
    const auto devices = devices_of_lease(context_, lease);
    TRY(context_.client.lease_delete(lease));
    return wait_devices_gone(context_, devices);
  }

  /// Cached files of images that have no snapshot: nothing else of these is here.
  Result<> add_only_copies(containerd::Client& client, std::vector<std::string>& paths) const {
    const auto cached = image::cached_paths(context_.paths.state);
    if (cached.empty()) return {};
    for (const auto& record : TRY(client.image_list())) {
      const auto image = TRY(image::find_local(client, record.name, oci::host_platform()));
      if (!image) continue;
      const auto files = cached.find(image->snapshot());
      if (files == cached.end()) continue;
      // A snapshotter that does not answer may have it.
      const auto unpacked = image::is_unpacked(client, context_.snapshotter, *image);
      if (unpacked && *unpacked) continue;
      paths.insert(paths.end(), files->second.begin(), files->second.end());
    }
    return {};
  }

  /// What VMs boot from; an error when nobody knows that of one of them.
  static Result<> add_booted(containerd::Client& client, std::vector<std::string>& paths) {
    inventory::Records records(client);
    for (const auto& summary : TRY(records.list())) {
      const auto record = records.read(summary.name_space, summary.name);
      if (!record && record.error().code() == Code::not_found) continue;  // deleted meanwhile
      if (!record) return record.error();
      paths.push_back(record->kernel.path);
      paths.push_back(record->initrd.path);
    }
    return {};
  }

  /// By whatever namespace: the cache is the host's.
  Result<std::vector<std::string>> used_kernels() const {
    std::vector<std::string> paths;
    for (const auto& name : TRY(context_.client.namespaces())) {
      const auto client = context_.client.with_namespace(name);
      TRY(add_only_copies(*client, paths).context(fmt::format("namespace {}", name)));
      TRY(add_booted(*client, paths).context(fmt::format("namespace {}", name)));
    }
    return paths;
  }

  Result<> kernels() {
    // Which kernels the VMs of another containerd boot cannot be read here.
    if (std::any_of(host_.uids.begin(), host_.uids.end(),
                    [&](const std::string& uid) { return owned_by_another_containerd(uid); })) {
      return {};
    }
    const auto used = used_kernels();
    if (!used) {
      found_.push_back(
          {"kernel", context_.paths.kernels(), used.error().text(), Leftover::Fate::failed});
      return {};
    }
    const bool remove = options_.mode == GcOptions::Mode::remove;
    const auto paths =
        TRY(remove ? context_.parts.remove_kernels(*used) : context_.parts.unused_kernels(*used));
    const auto fate = remove ? Leftover::Fate::removed : Leftover::Fate::found;
    for (const auto& path : paths) found_.push_back({"kernel", path, "no VM boots from it", fate});
    return {};
  }

  Result<> add_named_devices(containerd::Client& client, std::set<std::string>& named) const {
    for (const auto& snapshot : TRY(client.snapshot_list(context_.snapshotter, {}))) {
      if (snapshot.kind == containerd::SnapshotKind::committed) continue;
      const auto mounts = client.snapshot_mounts(context_.snapshotter, snapshot.name);
      if (mounts && !mounts->empty()) named.insert(mounts->front().source);
    }
    return {};
  }

  /// Devices of the pool that no snapshot has, of whatever namespace: ones that containerd gave up
  /// and has not removed yet, or that it never made.
  Result<std::vector<std::string>> unnamed_devices() const {
    std::set<std::string> named;
    const auto devices = TRY(context_.parts.pool_devices(context_.pool));
    for (const auto& name : TRY(context_.client.namespaces())) {
      TRY(add_named_devices(*context_.client.with_namespace(name), named));
    }
    std::vector<std::string> unnamed;
    for (const auto& device : devices) {
      if (named.count(device) == 0) unnamed.push_back(device);
    }
    return unnamed;
  }

  /// Which of them are leftovers containerd alone knows: it is asked to collect, and what it keeps
  /// is somebody's.
  Result<> devices() {
    if (context_.pool.empty()) return {};
    const auto before = TRY(unnamed_devices());
    if (before.empty()) return {};
    std::string kept = "no snapshot has it";
    std::vector<std::string> after = before;
    if (options_.mode == GcOptions::Mode::remove) {
      if (auto collected = collect_devices(context_); collected) {
        kept += ", and containerd keeps it; left alone";
      } else {
        kept += "; having containerd collect: " + collected.error().text();
      }
      after = TRY(unnamed_devices());
    }
    for (const auto& device : before) {
      const bool gone = std::find(after.begin(), after.end(), device) == after.end();
      found_.push_back({"device", device, gone ? "containerd had given it up" : kept,
                        gone ? Leftover::Fate::removed : Leftover::Fate::found});
    }
    return {};
  }

  const Context& context_;
  GcOptions options_;
  HostView host_;
  Known known_;
  std::vector<Leftover> found_;
};

}  // namespace

Result<std::vector<Leftover>> collect_garbage(const Context& context, const GcOptions& options) {
  return Collector(context, options).run().context("looking for leftovers");
}

}  // namespace flintctl::lifecycle
