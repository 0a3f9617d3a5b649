// SPDX-License-Identifier: Apache-2.0
// Answers that a real containerd gives only in bad moments, from a gRPC server in this process.
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdlib>
#include <filesystem>

#include "containerd/services/images/v1/images.grpc.pb.h"
#include "containerd/services/snapshots/v1/snapshots.grpc.pb.h"
#include "daemon.hpp"

using namespace flintctl;
using namespace flintctl::containerd;

namespace {

namespace images = ::containerd::services::images::v1;
namespace snapshots = ::containerd::services::snapshots::v1;

std::string header(const grpc::ServerContext& context, const std::string& name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

/// Prepare fails `failures` times with `error`, then succeeds.
class Snapshots : public snapshots::Snapshots::Service {
 public:
  grpc::Status Prepare(grpc::ServerContext* context,
                       const snapshots::PrepareSnapshotRequest* /*request*/,
                       snapshots::PrepareSnapshotResponse* response) override {
    ++calls;
    name_space = header(*context, "containerd-namespace");
    lease = header(*context, "containerd-lease");
    if (failures-- > 0) return error;
    response->add_mounts()->set_source("/dev/mapper/pool-snap-1");
    return grpc::Status::OK;
  }

  int calls = 0;
  int failures = 0;
  grpc::Status error;
  std::string name_space;
  std::string lease;
};

/// Create finds the image there, Update finds it gone: `races` times.
class Images : public images::Images::Service {
 public:
  grpc::Status Create(grpc::ServerContext* /*context*/,
                      const images::CreateImageRequest* /*request*/,
                      images::CreateImageResponse* /*response*/) override {
    if (races-- > 0) return {grpc::StatusCode::ALREADY_EXISTS, "image: already exists"};
    return grpc::Status::OK;
  }
  grpc::Status Update(grpc::ServerContext* /*context*/,
                      const images::UpdateImageRequest* /*request*/,
                      images::UpdateImageResponse* /*response*/) override {
    return {grpc::StatusCode::NOT_FOUND, "image: not found"};
  }

  int races = 0;
};

/// The two services at a socket in a temporary folder.
class Server {
 public:
  Server() {
    REQUIRE(::mkdtemp(folder_.data()) != nullptr);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix://" + socket(), grpc::InsecureServerCredentials());
    builder.RegisterService(&snapshots);
    builder.RegisterService(&images);
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    server_->Shutdown();
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::unique_ptr<Client> client() const {
    return connect(socket(), "flintlock", std::chrono::seconds(20)).value();
  }

  Snapshots snapshots;
  Images images;

 private:
  [[nodiscard]] std::string socket() const { return folder_ + "/c.sock"; }

  std::string folder_ = "/tmp/flintctl-grpc-XXXXXX";
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

TEST_CASE("Prepare is tried five times while a parent device vanishes") {
  Server server;
  server.snapshots.error = {grpc::StatusCode::UNKNOWN,
                            "failed to suspend device: no such device or address"};
  SECTION("and succeeds with the fifth") {
    server.snapshots.failures = 4;
    const auto mounts = server.client()->snapshot_prepare("devmapper", "k", "p", {});
    require_ok(mounts);
    CHECK(mounts->front().source == "/dev/mapper/pool-snap-1");
  }
  SECTION("and fails when it lasts") {
    server.snapshots.failures = 1000;
    const auto mounts = server.client()->snapshot_prepare("devmapper", "k", "p", {});
    CHECK(code_of(mounts) == Code::unknown);
    CHECK(mounts.error().text().find("no such device or address") != std::string::npos);
  }
  CHECK(server.snapshots.calls == 5);
}

TEST_CASE("Prepare is not tried again where that cannot help") {
  Server server;
  server.snapshots.failures = 1;
  server.snapshots.error = {grpc::StatusCode::UNKNOWN, "create: object already exists"};
  const auto mounts = server.client()->snapshot_prepare("devmapper", "k", "p", {});
  CHECK(code_of(mounts) == Code::host_not_ready);
  CHECK(server.snapshots.calls == 1);
}

TEST_CASE("each call carries namespace and lease") {
  Server server;
  const auto client = server.client();
  require_ok(client->snapshot_prepare("devmapper", "k", "", {}));
  CHECK(server.snapshots.name_space == "flintlock");
  CHECK(server.snapshots.lease.empty());
  require_ok(client->with_lease("vm/web")->snapshot_prepare("devmapper", "k", "", {}));
  CHECK(server.snapshots.lease == "vm/web");
}

TEST_CASE("an image that others delete and create meanwhile is recorded in the end, or given up") {
  Server server;
  const Image image = {"example.org/x:1", {}, {"type", digest_of("m"), 1}, {}, {}};
  server.images.races = 3;
  require_ok(server.client()->image_put(image));
  server.images.races = 1000;
  CHECK(code_of(server.client()->image_put(image)) == Code::aborted);
}
