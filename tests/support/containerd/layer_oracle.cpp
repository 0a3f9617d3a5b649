// SPDX-License-Identifier: Apache-2.0
#include "support/containerd/layer_oracle.hpp"

#include <grpcpp/create_channel.h>

#include "containerd/call.hpp"
#include "containerd/services/diff/v1/diff.grpc.pb.h"
#include "sys/interrupt.hpp"
#include "sys/sha256.hpp"

namespace flintctl::containerd {
namespace {

namespace api = ::containerd::services::diff::v1;

constexpr const char* name_space = "oracle";

}  // namespace

Result<std::unique_ptr<LayerOracle>> LayerOracle::start() {
  auto daemon = TRY(PrivateContainerd::start());
  auto client = TRY(daemon->connect(name_space));
  return std::unique_ptr<LayerOracle>(new LayerOracle(std::move(daemon), std::move(client)));
}

Result<> LayerOracle::apply(std::string_view layer, const std::string& media_type,
                            const std::string& folder) const {
  const std::string digest = "sha256:" + sys::sha256_hex(layer);
  TRY(client_->content_write("layer-" + digest, layer, digest,
                             {{"containerd.io/gc.root", "layer of a test"}}));
  api::ApplyRequest request;
  request.mutable_diff()->set_media_type(media_type);
  request.mutable_diff()->set_digest(digest);
  request.mutable_diff()->set_size(static_cast<std::int64_t>(layer.size()));
  auto* const mount = request.add_mounts();
  mount->set_type("bind");
  mount->set_source(folder);
  mount->add_options("rbind");
  mount->add_options("rw");
  grpc::ChannelArguments arguments;
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  const Session session{grpc::CreateCustomChannel("unix:" + daemon_->address(),
                                                  grpc::InsecureChannelCredentials(), arguments),
                        daemon_->address(),
                        daemon_->address(),
                        name_space,
                        "",
                        std::chrono::minutes(1),
                        std::make_shared<RunningCalls>(sys::interrupt_fd())};
  TRY(unary(session, &api::Diff::Stub::Apply, request, "applying a layer"));
  return {};
}

}  // namespace flintctl::containerd
