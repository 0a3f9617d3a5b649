// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "containerd/types.hpp"
#include "core/result.hpp"

namespace flintctl::containerd {

/// containerd's socket, as far as flintctl uses it. Every call carries the client's namespace and,
/// where one was chosen with `with_lease`, the lease (headers containerd-namespace and
/// containerd-lease), and has a deadline. gRPC's NOT_FOUND, ALREADY_EXISTS, … become the Code of
/// the same name, UNAVAILABLE with no peer host_not_ready; UNKNOWN keeps containerd's text.
///
/// An interface because the lifecycle's tests need calls that fail on demand.
class Client {
 public:
  virtual ~Client() = default;

  /// A second view of the same connection whose writes belong to a lease.
  [[nodiscard]] virtual std::unique_ptr<Client> with_lease(const std::string& lease) const = 0;
  /// A view of another namespace on the same connection, without a lease.
  [[nodiscard]] virtual std::unique_ptr<Client> with_namespace(const std::string& name) const = 0;
  /// Path of the socket, the same however it was spelled: what is keyed by it (locks, owners) is
  /// one for all who talk to that containerd.
  [[nodiscard]] virtual const std::string& address() const = 0;
  [[nodiscard]] virtual const std::string& namespace_name() const = 0;  ///< "flintlock"

  // Version and introspection.
  virtual Result<Version> version() = 0;
  /// Plugins that match all of `filters` ("type==io.containerd.snapshotter.v1", "id==devmapper").
  virtual Result<std::vector<Plugin>> plugins(const std::vector<std::string>& filters) = 0;

  /// All namespaces that there are, whatever this client's own.
  virtual Result<std::vector<std::string>> namespaces() = 0;

  // Content. Filters are containerd's: `labels."a/b"==value`, a comma is AND, a list is OR.
  virtual Result<ContentInfo> content_info(const std::string& digest) = 0;
  virtual Result<std::vector<ContentInfo>> content_list(
      const std::vector<std::string>& filters) = 0;
  /// The whole blob; refuses one of more than `limit` bytes.
  virtual Result<std::string> content_read(const std::string& digest, std::size_t limit) = 0;
  /// The whole blob in pieces; an error of `take` ends it.
  using Take = std::function<Result<>(std::string_view piece)>;
  virtual Result<> content_stream(const std::string& digest, const Take& take) = 0;
  /// Writes and commits one blob with its labels set in the COMMIT (never label after: an unleased
  /// blob lives milliseconds). already_exists is success here, labels then set by an update.
  virtual Result<> content_write(const std::string& ref, std::string_view bytes,
                                 const std::string& digest, const Labels& labels) = 0;
  /// Sets the given labels, leaves others; an empty value removes a label.
  virtual Result<> content_update_labels(const std::string& digest, const Labels& labels) = 0;
  virtual Result<> content_delete(const std::string& digest) = 0;
  /// Unfinished writes.
  virtual Result<std::vector<Ingest>> content_ingests() = 0;
  virtual Result<> content_abort(const std::string& ref) = 0;

  // Images.
  virtual Result<Image> image_get(const std::string& name) = 0;
  virtual Result<std::vector<Image>> image_list() = 0;
  /// Creates it, or points an existing one at the new target and merges the labels.
  virtual Result<> image_put(const Image& image) = 0;
  /// With a collection before it returns.
  virtual Result<> image_delete(const std::string& name) = 0;

  // Snapshots. `key` names an active or view snapshot, `name` a committed one.
  virtual Result<std::vector<Mount>> snapshot_prepare(const std::string& snapshotter,
                                                      const std::string& key,
                                                      const std::string& parent,
                                                      const Labels& labels) = 0;
  virtual Result<std::vector<Mount>> snapshot_view(const std::string& snapshotter,
                                                   const std::string& key,
                                                   const std::string& parent,
                                                   const Labels& labels) = 0;
  virtual Result<std::vector<Mount>> snapshot_mounts(const std::string& snapshotter,
                                                     const std::string& key) = 0;
  virtual Result<> snapshot_commit(const std::string& snapshotter, const std::string& name,
                                   const std::string& key, const Labels& labels) = 0;
  virtual Result<> snapshot_remove(const std::string& snapshotter, const std::string& key) = 0;
  virtual Result<SnapshotInfo> snapshot_stat(const std::string& snapshotter,
                                             const std::string& key) = 0;
  virtual Result<std::vector<SnapshotInfo>> snapshot_list(
      const std::string& snapshotter, const std::vector<std::string>& filters) = 0;
  virtual Result<SnapshotUsage> snapshot_usage(const std::string& snapshotter,
                                               const std::string& key) = 0;

  // Leases. Ours have no timer (no containerd.io/gc.expire).
  virtual Result<> lease_create(const std::string& id, const Labels& labels) = 0;
  /// Synchronous: returns after a garbage collection, so what only this lease held is gone.
  virtual Result<> lease_delete(const std::string& id) = 0;
  virtual Result<std::vector<Lease>> lease_list(const std::vector<std::string>& filters) = 0;
  /// `type` is "content", "snapshots/devmapper" or "ingests"; the resource need not exist yet.
  virtual Result<> lease_add(const std::string& lease, const LeaseResource& resource) = 0;
  virtual Result<std::vector<LeaseResource>> lease_resources(const std::string& lease) = 0;
};

/// Connects to containerd's socket at `address` (a path, with or without "unix://"). Returns at
/// once when nothing listens: host_not_ready with a hint. `timeout` bounds each later call.
Result<std::unique_ptr<Client>> connect(
    const std::string& address, const std::string& name_space,
    std::chrono::milliseconds timeout = std::chrono::minutes(2));

}  // namespace flintctl::containerd
