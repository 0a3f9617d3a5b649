// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "containerd/client.hpp"
#include "containerd/running_calls.hpp"

namespace grpc {
class Channel;
}

namespace flintctl::containerd {

/// What every call needs: the connection, its headers and its deadline.
struct Session {
  std::shared_ptr<grpc::Channel> channel;
  std::string address;    ///< as it was given, for messages
  std::string canonical;  ///< the same without links and dots
  std::string name_space;
  std::string lease;  ///< empty: no lease header
  std::chrono::milliseconds timeout{};
  std::shared_ptr<RunningCalls> running;
};

/// The real Client. Its members are defined in one file per service (content.cpp, images.cpp, …),
/// so that each includes one generated header only. Safe to use from several threads.
class GrpcClient final : public Client {
 public:
  explicit GrpcClient(Session session);
  ~GrpcClient() override;

  std::unique_ptr<Client> with_lease(const std::string& lease) const override;
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
  Session session_;
};

}  // namespace flintctl::containerd
