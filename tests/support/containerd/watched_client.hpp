// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containerd/client.hpp"

namespace flintctl::containerd {

/// Another client, of whose changes somebody hears before they are asked for and after they are
/// made. Views with a lease are watched as well.
class WatchedClient final : public Client {
 public:
  enum class Moment { before, after };
  /// The change by the name of its function: "snapshot_commit".
  using Watch = std::function<void(std::string_view change, Moment moment)>;

  WatchedClient(std::unique_ptr<Client> inner, Watch watch)
      : inner_(std::move(inner)), watch_(std::move(watch)) {}

  [[nodiscard]] std::unique_ptr<Client> with_lease(const std::string& lease) const override {
    return std::make_unique<WatchedClient>(inner_->with_lease(lease), watch_);
  }
  [[nodiscard]] std::unique_ptr<Client> with_namespace(const std::string& name) const override {
    return std::make_unique<WatchedClient>(inner_->with_namespace(name), watch_);
  }
  [[nodiscard]] const std::string& address() const override { return inner_->address(); }
  [[nodiscard]] const std::string& namespace_name() const override {
    return inner_->namespace_name();
  }

  Result<Version> version() override { return inner_->version(); }
  Result<std::vector<Plugin>> plugins(const std::vector<std::string>& filters) override {
    return inner_->plugins(filters);
  }
  Result<std::vector<std::string>> namespaces() override { return inner_->namespaces(); }

  Result<ContentInfo> content_info(const std::string& digest) override {
    return inner_->content_info(digest);
  }
  Result<std::vector<ContentInfo>> content_list(const std::vector<std::string>& filters) override {
    return inner_->content_list(filters);
  }
  Result<std::string> content_read(const std::string& digest, std::size_t limit) override {
    return inner_->content_read(digest, limit);
  }
  Result<> content_stream(const std::string& digest, const Take& take) override {
    return inner_->content_stream(digest, take);
  }
  Result<> content_write(const std::string& ref, std::string_view bytes, const std::string& digest,
                         const Labels& labels) override {
    return change("content_write",
                  [&] { return inner_->content_write(ref, bytes, digest, labels); });
  }
  Result<> content_update_labels(const std::string& digest, const Labels& labels) override {
    return change("content_update_labels",
                  [&] { return inner_->content_update_labels(digest, labels); });
  }
  Result<> content_delete(const std::string& digest) override {
    return change("content_delete", [&] { return inner_->content_delete(digest); });
  }
  Result<std::vector<Ingest>> content_ingests() override { return inner_->content_ingests(); }
  Result<> content_abort(const std::string& ref) override {
    return change("content_abort", [&] { return inner_->content_abort(ref); });
  }

  Result<Image> image_get(const std::string& name) override { return inner_->image_get(name); }
  Result<std::vector<Image>> image_list() override { return inner_->image_list(); }
  Result<> image_put(const Image& image) override {
    return change("image_put", [&] { return inner_->image_put(image); });
  }
  Result<> image_delete(const std::string& name) override {
    return change("image_delete", [&] { return inner_->image_delete(name); });
  }

  Result<std::vector<Mount>> snapshot_prepare(const std::string& snapshotter,
                                              const std::string& key, const std::string& parent,
                                              const Labels& labels) override {
    return change("snapshot_prepare",
                  [&] { return inner_->snapshot_prepare(snapshotter, key, parent, labels); });
  }
  Result<std::vector<Mount>> snapshot_view(const std::string& snapshotter, const std::string& key,
                                           const std::string& parent,
                                           const Labels& labels) override {
    return change("snapshot_view",
                  [&] { return inner_->snapshot_view(snapshotter, key, parent, labels); });
  }
  Result<std::vector<Mount>> snapshot_mounts(const std::string& snapshotter,
                                             const std::string& key) override {
    return inner_->snapshot_mounts(snapshotter, key);
  }
  Result<> snapshot_commit(const std::string& snapshotter, const std::string& name,
                           const std::string& key, const Labels& labels) override {
    return change("snapshot_commit",
                  [&] { return inner_->snapshot_commit(snapshotter, name, key, labels); });
  }
  Result<> snapshot_remove(const std::string& snapshotter, const std::string& key) override {
    return change("snapshot_remove", [&] { return inner_->snapshot_remove(snapshotter, key); });
  }
  Result<SnapshotInfo> snapshot_stat(const std::string& snapshotter,
                                     const std::string& key) override {
    return inner_->snapshot_stat(snapshotter, key);
  }
  Result<std::vector<SnapshotInfo>> snapshot_list(
      const std::string& snapshotter, const std::vector<std::string>& filters) override {
    return inner_->snapshot_list(snapshotter, filters);
  }
  Result<SnapshotUsage> snapshot_usage(const std::string& snapshotter,
                                       const std::string& key) override {
    return inner_->snapshot_usage(snapshotter, key);
  }

  Result<> lease_create(const std::string& id, const Labels& labels) override {
    return change("lease_create", [&] { return inner_->lease_create(id, labels); });
  }
  Result<> lease_delete(const std::string& id) override {
    return change("lease_delete", [&] { return inner_->lease_delete(id); });
  }
  Result<std::vector<Lease>> lease_list(const std::vector<std::string>& filters) override {
    return inner_->lease_list(filters);
  }
  Result<> lease_add(const std::string& lease, const LeaseResource& resource) override {
    return change("lease_add", [&] { return inner_->lease_add(lease, resource); });
  }
  Result<std::vector<LeaseResource>> lease_resources(const std::string& lease) override {
    return inner_->lease_resources(lease);
  }

 private:
  template <typename Make>
  auto change(std::string_view name, const Make& make) -> decltype(make()) {
    watch_(name, Moment::before);
    auto made = make();
    watch_(name, Moment::after);
    return made;
  }

  std::unique_ptr<Client> inner_;
  Watch watch_;
};

}  // namespace flintctl::containerd
