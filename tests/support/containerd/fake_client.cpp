// SPDX-License-Identifier: Apache-2.0
#include "support/containerd/fake_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "support/containerd/fake_daemon.hpp"
#include "support/containerd/fake_filter.hpp"
#include "sys/sha256.hpp"

namespace flintctl::containerd {
namespace {

const std::string socket_path = "/run/fake/containerd.sock";
const std::string first_namespace = "flintlock";

template <typename Map>
auto find_in(Map& map, const std::string& key, std::string_view what)
    -> Result<typename Map::mapped_type*> {
  const auto found = map.find(key);
  if (found == map.end()) {
    return Error(Code::not_found, fmt::format("{} \"{}\": not found", what, key));
  }
  return &found->second;
}

/// Sets labels; an empty value removes one, as containerd's boltutil does.
void merge(Labels& labels, const Labels& changes) {
  for (const auto& [key, value] : changes) {
    if (value.empty()) {
      labels.erase(key);
    } else {
      labels[key] = value;
    }
  }
}

}  // namespace

FakeClient::FakeClient() : FakeClient(std::make_shared<FakeDaemon>(), first_namespace, "") {
  daemon_->version = {"1.6.20~ds1", "1.6.20~ds1-1+deb12u3"};
  daemon_->plugins = {{"io.containerd.snapshotter.v1", "devmapper", {}, ""},
                      {"io.containerd.snapshotter.v1", "overlayfs", {}, ""},
                      {"io.containerd.content.v1", "content", {}, ""}};
}

FakeClient::FakeClient(std::shared_ptr<FakeDaemon> daemon, std::string name_space,
                       std::string lease)
    : daemon_(std::move(daemon)), name_space_(std::move(name_space)), lease_(std::move(lease)) {}

FakeClient::~FakeClient() = default;

template <typename T, typename Body>
Result<T> FakeClient::call(std::string_view operation, const std::string& argument, Body body) {
  const Call call{std::string(operation), argument, lease_};
  daemon_->calls.push_back(call);
  const auto failure = daemon_->take_failure(operation);
  if (failure && failure->effect == Effect::none) return failure->error;
  if (daemon_->hook) daemon_->hook(call);
  Result<T> result = body();
  daemon_->changed();
  if (failure) return failure->error;
  return result;
}

const std::vector<Call>& FakeClient::calls() const { return daemon_->calls; }

std::size_t FakeClient::count(std::string_view operation) const {
  const auto is_it = [&](const Call& call) { return call.operation == operation; };
  return static_cast<std::size_t>(
      std::count_if(daemon_->calls.begin(), daemon_->calls.end(), is_it));
}

void FakeClient::clear_calls() { daemon_->calls.clear(); }

std::vector<std::string> FakeClient::remains() const {
  std::vector<std::string> lines;
  for (const auto& [digest, blob] : daemon_->blobs) lines.push_back("content " + digest);
  for (const auto& [name, image] : daemon_->images) lines.push_back("image " + name);
  for (const auto& [ref, ingest] : daemon_->ingests) lines.push_back("ingest " + ref);
  for (const auto& [id, lease] : daemon_->leases) lines.push_back("lease " + id);
  for (const auto& [key, snapshot] : daemon_->snapshots) {
    lines.push_back(fmt::format("snapshot {}/{}", key.first, key.second));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string FakeClient::digest_of(std::string_view bytes) {
  return "sha256:" + sys::sha256_hex(bytes);
}

void FakeClient::fail_nth(const std::string& operation, std::size_t n, const Error& error,
                          Effect effect) {
  daemon_->failures.push_back({operation, n, false, effect, error});
}

void FakeClient::fail_from(const std::string& operation, std::size_t n, const Error& error) {
  daemon_->failures.push_back({operation, n, true, Effect::none, error});
}

void FakeClient::heal() { daemon_->failures.clear(); }
void FakeClient::on_call(std::function<void(const Call&)> hook) { daemon_->hook = std::move(hook); }
void FakeClient::collect() { daemon_->collect(); }
void FakeClient::collect_always() { daemon_->collect_always = true; }
void FakeClient::set_plugins(std::vector<Plugin> list) { daemon_->plugins = std::move(list); }
void FakeClient::set_version(Version value) { daemon_->version = std::move(value); }
void FakeClient::set_mounts(
    std::function<std::vector<Mount>(const std::string& key, unsigned number)> make) {
  daemon_->make_mounts = std::move(make);
}
void FakeClient::add_ingest(Ingest ingest) {
  const auto ref = ingest.ref;
  daemon_->ingests.insert_or_assign(ref, std::move(ingest));
}

std::unique_ptr<Client> FakeClient::with_lease(const std::string& lease) const {
  return std::unique_ptr<Client>(new FakeClient(daemon_, name_space_, lease));
}
std::unique_ptr<Client> FakeClient::with_namespace(const std::string& name) const {
  if (name == first_namespace) {
    return std::unique_ptr<Client>(new FakeClient(daemon_, name, ""));
  }
  auto& other = daemon_->other_namespaces[name];
  if (!other) other = std::make_shared<FakeDaemon>();
  return std::unique_ptr<Client>(new FakeClient(other, name, ""));
}
const std::string& FakeClient::address() const { return socket_path; }
const std::string& FakeClient::namespace_name() const { return name_space_; }

Result<Version> FakeClient::version() {
  return call<Version>("version", "", [&]() -> Result<Version> { return daemon_->version; });
}

Result<std::vector<std::string>> FakeClient::namespaces() {
  using List = std::vector<std::string>;
  return call<List>("namespaces", "", [&]() -> Result<List> {
    List names = {first_namespace};
    for (const auto& [name, daemon] : daemon_->other_namespaces) names.push_back(name);
    return names;
  });
}

Result<std::vector<Plugin>> FakeClient::plugins(const std::vector<std::string>& filters) {
  return call<std::vector<Plugin>>(
      "plugins", fmt::format("{}", fmt::join(filters, ",")), [&]() -> Result<std::vector<Plugin>> {
        std::vector<Plugin> found;
        for (const auto& plugin : daemon_->plugins) {
          const Fields fields = [&](std::string_view name) -> std::optional<std::string> {
            if (name == "type") return plugin.type;
            if (name == "id") return plugin.id;
            return std::nullopt;
          };
          bool all = true;
          for (const auto& filter : filters) all = TRY(matches({filter}, {}, fields)) && all;
          if (all) found.push_back(plugin);
        }
        return found;
      });
}

Result<ContentInfo> FakeClient::content_info(const std::string& digest) {
  return call<ContentInfo>("content_info", digest, [&]() -> Result<ContentInfo> {
    return TRY(find_in(daemon_->blobs, digest, "content"))->info;
  });
}

Result<std::vector<ContentInfo>> FakeClient::content_list(const std::vector<std::string>& filters) {
  using List = std::vector<ContentInfo>;
  return call<List>("content_list", fmt::format("{}", fmt::join(filters, " ")),
                    [&]() -> Result<List> {
                      List found;
                      for (const auto& [digest, blob] : daemon_->blobs) {
                        const Fields fields = [&, &key = digest](std::string_view name) {
                          return name == "digest" ? std::optional(key) : std::nullopt;
                        };
                        if (TRY(matches(filters, blob.info.labels, fields)))
                          found.push_back(blob.info);
                      }
                      return found;
                    });
}

Result<std::string> FakeClient::content_read(const std::string& digest, std::size_t limit) {
  return call<std::string>("content_read", digest, [&]() -> Result<std::string> {
    const auto* blob = TRY(find_in(daemon_->blobs, digest, "content"));
    if (blob->bytes.size() > limit) {
      return Error(Code::resource_exhausted, fmt::format("content {} has {} bytes, more than {}",
                                                         digest, blob->bytes.size(), limit));
    }
    return blob->bytes;
  });
}

Result<> FakeClient::content_stream(const std::string& digest, const Take& take) {
  return take(TRY(content_read(digest, std::numeric_limits<std::size_t>::max())));
}

Result<> FakeClient::content_write(const std::string& ref, std::string_view bytes,
                                   const std::string& digest, const Labels& labels) {
  return call<void>("content_write", ref, [&]() -> Result<> {
    TRY(daemon_->check_lease(lease_));
    TRY(check_label_sizes(labels));
    if (ref.empty() || bytes.empty()) {
      return Error(Code::invalid_argument, "a write needs a reference and bytes");
    }
    if (digest_of(bytes) != digest) {
      return Error(Code::data_loss, fmt::format("unexpected commit digest {}, expected {}",
                                                digest_of(bytes), digest));
    }
    const auto now = std::chrono::system_clock::now();
    auto [blob, fresh] = daemon_->blobs.try_emplace(digest);
    if (fresh) {
      blob->second.info = {digest, bytes.size(), now, now, {}};
      blob->second.bytes = bytes;
    }
    merge(blob->second.info.labels, labels);
    daemon_->ingests.erase(ref);
    daemon_->hold(lease_, "content", digest);
    return {};
  });
}

Result<> FakeClient::content_update_labels(const std::string& digest, const Labels& labels) {
  return call<void>("content_update_labels", digest, [&]() -> Result<> {
    TRY(check_label_sizes(labels));
    auto* blob = TRY(find_in(daemon_->blobs, digest, "content"));
    merge(blob->info.labels, labels);
    blob->info.updated_at = std::chrono::system_clock::now();
    return {};
  });
}

Result<> FakeClient::content_delete(const std::string& digest) {
  return call<void>("content_delete", digest, [&]() -> Result<> {
    TRY(daemon_->check_lease(lease_));
    TRY(find_in(daemon_->blobs, digest, "content"));
    daemon_->blobs.erase(digest);
    daemon_->release("content", digest, lease_);
    return {};
  });
}

Result<std::vector<Ingest>> FakeClient::content_ingests() {
  using List = std::vector<Ingest>;
  return call<List>("content_ingests", "", [&]() -> Result<List> {
    List found;
    for (const auto& [ref, ingest] : daemon_->ingests) found.push_back(ingest);
    return found;
  });
}

Result<> FakeClient::content_abort(const std::string& ref) {
  return call<void>("content_abort", ref, [&]() -> Result<> {
    TRY(find_in(daemon_->ingests, ref, "ingest"));
    daemon_->ingests.erase(ref);
    return {};
  });
}

Result<Image> FakeClient::image_get(const std::string& name) {
  return call<Image>("image_get", name, [&]() -> Result<Image> {
    return *TRY(find_in(daemon_->images, name, "image"));
  });
}

Result<std::vector<Image>> FakeClient::image_list() {
  using List = std::vector<Image>;
  return call<List>("image_list", "", [&]() -> Result<List> {
    List found;
    for (const auto& [name, image] : daemon_->images) found.push_back(image);
    return found;
  });
}

Result<> FakeClient::image_put(const Image& image) {
  return call<void>("image_put", image.name, [&]() -> Result<> {
    TRY(check_label_sizes(image.labels));
    if (image.name.empty() || image.target.digest.empty() || image.target.size <= 0 ||
        image.target.media_type.empty()) {
      return Error(Code::invalid_argument, "an image needs a name and a complete target");
    }
    const auto now = std::chrono::system_clock::now();
    auto [stored, fresh] = daemon_->images.try_emplace(image.name);
    stored->second.name = image.name;
    stored->second.target = image.target;
    merge(stored->second.labels, image.labels);
    if (fresh) stored->second.created_at = now;
    stored->second.updated_at = now;
    return {};
  });
}

Result<> FakeClient::image_delete(const std::string& name) {
  return call<void>("image_delete", name, [&]() -> Result<> {
    TRY(find_in(daemon_->images, name, "image"));
    daemon_->images.erase(name);
    daemon_->collect();
    return {};
  });
}

Result<std::vector<Mount>> FakeClient::snapshot_prepare(const std::string& snapshotter,
                                                        const std::string& key,
                                                        const std::string& parent,
                                                        const Labels& labels) {
  return call<std::vector<Mount>>("snapshot_prepare", key, [&] {
    return daemon_->create_snapshot(lease_, {snapshotter, key}, parent, SnapshotKind::active,
                                    labels);
  });
}

Result<std::vector<Mount>> FakeClient::snapshot_view(const std::string& snapshotter,
                                                     const std::string& key,
                                                     const std::string& parent,
                                                     const Labels& labels) {
  return call<std::vector<Mount>>("snapshot_view", key, [&] {
    return daemon_->create_snapshot(lease_, {snapshotter, key}, parent, SnapshotKind::view, labels);
  });
}

Result<std::vector<Mount>> FakeClient::snapshot_mounts(const std::string& snapshotter,
                                                       const std::string& key) {
  using List = std::vector<Mount>;
  return call<List>("snapshot_mounts", key, [&]() -> Result<List> {
    const auto* snapshot = TRY(daemon_->snapshot({snapshotter, key}));
    if (snapshot->info.kind == SnapshotKind::committed) {
      return Error(Code::aborted,
                   fmt::format("snapshot {} is committed: failed precondition", key));
    }
    return daemon_->mounts(*snapshot);
  });
}

Result<> FakeClient::snapshot_commit(const std::string& snapshotter, const std::string& name,
                                     const std::string& key, const Labels& labels) {
  return call<void>("snapshot_commit", name, [&] {
    return daemon_->commit_snapshot(lease_, {snapshotter, key}, name, labels);
  });
}

Result<> FakeClient::snapshot_remove(const std::string& snapshotter, const std::string& key) {
  return call<void>("snapshot_remove", key, [&] {
    return daemon_->remove_snapshot(lease_, {snapshotter, key});
  });
}

Result<SnapshotInfo> FakeClient::snapshot_stat(const std::string& snapshotter,
                                               const std::string& key) {
  return call<SnapshotInfo>("snapshot_stat", key, [&]() -> Result<SnapshotInfo> {
    return TRY(daemon_->snapshot({snapshotter, key}))->info;
  });
}

Result<std::vector<SnapshotInfo>> FakeClient::snapshot_list(
    const std::string& snapshotter, const std::vector<std::string>& filters) {
  using List = std::vector<SnapshotInfo>;
  return call<List>("snapshot_list", snapshotter, [&]() -> Result<List> {
    List found;
    for (const auto& [key, snapshot] : daemon_->snapshots) {
      const auto& info = snapshot.info;
      const Fields fields = [&info](std::string_view name) -> std::optional<std::string> {
        if (name == "name") return info.name;
        if (name == "parent") return info.parent;
        if (name != "kind") return std::nullopt;
        if (info.kind == SnapshotKind::committed) return "committed";
        return info.kind == SnapshotKind::view ? "view" : "active";
      };
      if (key.first == snapshotter && TRY(matches(filters, info.labels, fields))) {
        found.push_back(info);
      }
    }
    return found;
  });
}

Result<SnapshotUsage> FakeClient::snapshot_usage(const std::string& snapshotter,
                                                 const std::string& key) {
  return call<SnapshotUsage>("snapshot_usage", key, [&]() -> Result<SnapshotUsage> {
    TRY(daemon_->snapshot({snapshotter, key}));
    return SnapshotUsage{65536, 0};
  });
}

Result<> FakeClient::lease_create(const std::string& id, const Labels& labels) {
  return call<void>("lease_create", id, [&]() -> Result<> {
    TRY(check_label_sizes(labels));
    if (daemon_->leases.contains(id)) {
      return Error(Code::already_exists, fmt::format("lease \"{}\": already exists", id));
    }
    daemon_->leases[id].lease = {id, labels, std::chrono::system_clock::now()};
    return {};
  });
}

Result<> FakeClient::lease_delete(const std::string& id) {
  return call<void>("lease_delete", id, [&]() -> Result<> {
    const auto* lease = TRY(find_in(daemon_->leases, id, "lease"));
    for (const auto& [type, resource] : lease->resources) {
      if (type == "ingests") daemon_->ingests.erase(resource);
    }
    daemon_->leases.erase(id);
    daemon_->collect();
    return {};
  });
}

Result<std::vector<Lease>> FakeClient::lease_list(const std::vector<std::string>& filters) {
  using List = std::vector<Lease>;
  return call<List>("lease_list", fmt::format("{}", fmt::join(filters, " ")),
                    [&]() -> Result<List> {
                      List found;
                      for (const auto& [id, held] : daemon_->leases) {
                        const Fields fields = [&, &key = id](std::string_view name) {
                          return name == "id" ? std::optional(key) : std::nullopt;
                        };
                        if (TRY(matches(filters, held.lease.labels, fields)))
                          found.push_back(held.lease);
                      }
                      return found;
                    });
}

Result<> FakeClient::lease_add(const std::string& lease, const LeaseResource& resource) {
  return call<void>("lease_add", resource.type + ":" + resource.id, [&]() -> Result<> {
    auto* held = TRY(find_in(daemon_->leases, lease, "lease"));
    if (resource.type != "content" && resource.type != "ingests" &&
        !resource.type.starts_with("snapshots/")) {
      return Error(Code::unimplemented,
                   fmt::format("resource type \"{}\" not supported yet", resource.type));
    }
    held->resources.emplace(resource.type, resource.id);
    return {};
  });
}

Result<std::vector<LeaseResource>> FakeClient::lease_resources(const std::string& lease) {
  using List = std::vector<LeaseResource>;
  return call<List>("lease_resources", lease, [&]() -> Result<List> {
    const auto* held = TRY(find_in(daemon_->leases, lease, "lease"));
    List found;
    for (const auto& [type, id] : held->resources) found.push_back({id, type});
    return found;
  });
}

}  // namespace flintctl::containerd
