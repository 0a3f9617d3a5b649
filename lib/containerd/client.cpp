// SPDX-License-Identifier: Apache-2.0
#include "containerd/client.hpp"

#include <grpc/support/log.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "containerd/grpc_client.hpp"
#include "containerd/names.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::containerd {
namespace {

constexpr int message_limit = 16 << 20;  // bytes; containerd's defaults.go

std::shared_ptr<grpc::Channel> open_channel(const std::string& path) {
  // What gRPC would print to stderr, our errors say better.
  gpr_set_log_function([](gpr_log_func_args*) {});
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(message_limit);
  // Newer gRPC sends the socket's path as :authority, which HTTP/2 servers may refuse.
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // The default waits 20 s for a peer that accepts and says nothing, and up to 120 s between tries.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  return grpc::CreateCustomChannel("unix://" + path, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

Result<std::unique_ptr<Client>> connect(const std::string& address, const std::string& name_space,
                                        std::chrono::milliseconds timeout) {
  TRY(check_namespace(name_space));
  const std::string path = TRY(socket_path(address));
  TRY(check_listening(path));
  return std::unique_ptr<Client>(std::make_unique<GrpcClient>(
      Session{open_channel(path), path, sys::canonical_path(path), name_space, "", timeout,
              std::make_shared<RunningCalls>(sys::interrupt_fd())}));
}

GrpcClient::GrpcClient(Session session) : session_(std::move(session)) {}
GrpcClient::~GrpcClient() = default;

std::unique_ptr<Client> GrpcClient::with_lease(const std::string& lease) const {
  Session session = session_;
  session.lease = lease;
  return std::make_unique<GrpcClient>(std::move(session));
}

std::unique_ptr<Client> GrpcClient::with_namespace(const std::string& name) const {
  Session session = session_;
  session.name_space = name;
  session.lease.clear();
  return std::make_unique<GrpcClient>(std::move(session));
}

const std::string& GrpcClient::address() const { return session_.canonical; }
const std::string& GrpcClient::namespace_name() const { return session_.name_space; }

}  // namespace flintctl::containerd
