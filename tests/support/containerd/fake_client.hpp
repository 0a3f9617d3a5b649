// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "containerd/client.hpp"

namespace flintctl::containerd {

/// One call as it arrived: operation "snapshot_prepare", its main argument, the lease it ran under.
struct Call {
  std::string operation;
  std::string argument;
  std::string lease;
};

class FakeDaemon;

/// An in-memory containerd for unit tests, as strict as the real one where flintctl depends on it:
/// a lease in the header must exist, labels have at most 4096 bytes, content has the digest it is
/// written under, a parent must exist and be committed, a snapshot with children stays. Garbage is
/// collected at a synchronous lease or image delete by containerd's own roots and references
/// (metadata/gc.go), so what no root holds is gone then.
///
/// Views made by with_lease share everything, also the recorded calls and the failures to come.
class FakeClient : public Client {
 public:
  FakeClient();
  ~FakeClient() override;

  // What happened.
  [[nodiscard]] const std::vector<Call>& calls() const;
  /// How often `operation` was called.
  [[nodiscard]] std::size_t count(std::string_view operation) const;
  void clear_calls();
  /// What exists, one a line ("content sha256:…", "lease x", "snapshot devmapper/x"), sorted; empty
  /// when nothing is left.
  [[nodiscard]] std::vector<std::string> remains() const;
  /// A blob's digest: "sha256:<hex>".
  static std::string digest_of(std::string_view bytes);

  // What shall happen.
  /// Where a failing call stops: without any effect, or done with only the answer lost.
  enum class Effect { none, done };
  /// The n-th call of `operation` from now (1 is the next) fails once; "*" counts every operation.
  void fail_nth(const std::string& operation, std::size_t n,
                const Error& error = Error(Code::unavailable, "injected failure"),
                Effect effect = Effect::none);
  /// From the n-th call of `operation` on all fail, as after a SIGKILL of ours or of the daemon,
  /// until heal().
  void fail_from(const std::string& operation, std::size_t n,
                 const Error& error = Error(Code::unavailable, "injected failure"));
  void heal();
  /// Runs before each call takes effect: to change the world between two steps.
  void on_call(std::function<void(const Call&)> hook);
  /// Collects garbage, as the daemon may at any moment.
  void collect();
  /// Collect after every call that changes something: finds what lives unleased for a moment.
  void collect_always();
  void set_plugins(std::vector<Plugin> plugins);
  void set_version(Version version);
  /// Makes the mounts of a snapshot from its key and number. Default: an ext4 mount of
  /// /dev/mapper/flintlock-dev-thinpool-snap-<number>, as devmapper answers.
  void set_mounts(std::function<std::vector<Mount>(const std::string& key, unsigned number)> make);
  /// An unfinished write, as a killed client leaves it.
  void add_ingest(Ingest ingest);

  std::unique_ptr<Client> with_lease(const std::string& lease) const override;
  /// Another namespace has things of its own; only the own one's calls are recorded, and fail.
  std::unique_ptr<Client> with_namespace(const std::string& name) const override;
  const std::string& address() const override;
  const std::string& namespace_name() const override;

  Result<Version> version() override;
  Result<std::vector<Plugin>> plugins(const std::vector<std::string>& filters) override;
  Result<std::vector<std::string>> namespaces() override;

  Result<ContentInfo> content_info(const std::string& digest) override;
  Result<std::vector<ContentInfo>> content_list(const std::vector<std::string>& filters) override;
  Result<std::string> content_read(const std::string& digest, std::size_t limit) override;
  Result<> content_stream(const std::string& digest, const Take& take) override;
  Result<> content_write(const std::string& ref, std::string_view bytes, const std::string& digest,
                         const Labels& labels) override;
  Result<> content_update_labels(const std::string& digest, const Labels& labels) override;
  Result<> content_delete(const std::string& digest) override;
  Result<std::vector<Ingest>> content_ingests() override;
  Result<> content_abort(const std::string& ref) override;

  Result<Image> image_get(const std::string& name) override;
  Result<std::vector<Image>> image_list() override;
  Result<> image_put(const Image& image) override;
  Result<> image_delete(const std::string& name) override;

  Result<std::vector<Mount>> snapshot_prepare(const std::string& snapshotter,
                                              const std::string& key, const std::string& parent,
                                              const Labels& labels) override;
  Result<std::vector<Mount>> snapshot_view(const std::string& snapshotter, const std::string& key,
                                           const std::string& parent,
                                           const Labels& labels) override;
  Result<std::vector<Mount>> snapshot_mounts(const std::string& snapshotter,
                                             const std::string& key) override;
  Result<> snapshot_commit(const std::string& snapshotter, const std::string& name,
                           const std::string& key, const Labels& labels) override;
  Result<> snapshot_remove(const std::string& snapshotter, const std::string& key) override;
  Result<SnapshotInfo> snapshot_stat(const std::string& snapshotter,
                                     const std::string& key) override;
  Result<std::vector<SnapshotInfo>> snapshot_list(const std::string& snapshotter,
                                                  const std::vector<std::string>& filters) override;
  Result<SnapshotUsage> snapshot_usage(const std::string& snapshotter,
                                       const std::string& key) override;

  Result<> lease_create(const std::string& id, const Labels& labels) override;
  Result<> lease_delete(const std::string& id) override;
  Result<std::vector<Lease>> lease_list(const std::vector<std::string>& filters) override;
  Result<> lease_add(const std::string& lease, const LeaseResource& resource) override;
  Result<std::vector<LeaseResource>> lease_resources(const std::string& lease) override;

 private:
  FakeClient(std::shared_ptr<FakeDaemon> daemon, std::string name_space, std::string lease);
  /// Runs one call: records it, fails it if so ordered, else does `body`.
  template <typename T, typename Body>
  Result<T> call(std::string_view operation, const std::string& argument, Body body);

  std::shared_ptr<FakeDaemon> daemon_;
  std::string name_space_;
  std::string lease_;
};

}  // namespace flintctl::containerd
