// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/containerd/fake_client.hpp"

namespace flintctl::containerd {

struct FakeBlob {
  ContentInfo info;
  std::string bytes;
};

struct FakeSnapshot {
  SnapshotInfo info;
  unsigned number = 0;
};

struct FakeLease {
  Lease lease;
  std::set<std::pair<std::string, std::string>> resources;  ///< (type, id)
};

/// One call that shall fail.
struct Failure {
  std::string operation;  ///< or "*"
  std::size_t countdown = 0;
  bool lasting = false;
  FakeClient::Effect effect = FakeClient::Effect::none;
  Error error;
};

/// (snapshotter, key)
using SnapshotKey = std::pair<std::string, std::string>;

/// The state behind all views of one FakeClient.
class FakeDaemon {
 public:
  /// The failure that is due for this call, if any; counts the call.
  std::optional<Failure> take_failure(std::string_view operation);
  void collect();
  /// After a call that changed something.
  void changed();
  /// not_found unless `lease` is empty or exists.
  Result<> check_lease(const std::string& lease) const;
  /// Adds to a lease; nothing when `lease` is empty.
  void hold(const std::string& lease, const std::string& type, const std::string& id);
  void release(const std::string& type, const std::string& id, const std::string& lease);

  Result<std::vector<Mount>> create_snapshot(const std::string& lease, const SnapshotKey& key,
                                             const std::string& parent, SnapshotKind kind,
                                             const Labels& labels);
  Result<> commit_snapshot(const std::string& lease, const SnapshotKey& key,
                           const std::string& name, const Labels& labels);
  Result<> remove_snapshot(const std::string& lease, const SnapshotKey& key);
  Result<FakeSnapshot*> snapshot(const SnapshotKey& key);
  std::vector<Mount> mounts(const FakeSnapshot& snapshot) const;

  std::map<std::string, FakeBlob> blobs;
  std::map<std::string, Ingest> ingests;
  std::map<std::string, Image> images;
  std::map<SnapshotKey, FakeSnapshot> snapshots;
  std::map<std::string, FakeLease> leases;
  std::map<std::string, std::shared_ptr<FakeDaemon>> other_namespaces;  ///< of the first one
  std::vector<Plugin> plugins;
  Version version;
  std::vector<Call> calls;
  std::vector<Failure> failures;
  std::function<void(const Call&)> hook;
  std::function<std::vector<Mount>(const std::string&, unsigned)> make_mounts;
  bool collect_always = false;
  unsigned next_snapshot = 1;
};

/// invalid_argument for a key and value of more than 4096 bytes. containerd: labels/validate.go.
Result<> check_label_sizes(const Labels& labels);

}  // namespace flintctl::containerd
