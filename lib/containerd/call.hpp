// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <string>
#include <utility>

#include "containerd/grpc_client.hpp"
#include "containerd/grpc_error.hpp"
#include "containerd/types/basic.pb.h"
#include "core/result.hpp"

// Shared by the service files only: this header brings gRPC's in.
namespace flintctl::containerd {

/// A gRPC context with the session's headers and deadline, which an interrupt ends. `more`: time
/// beyond that for what is much.
class CallContext : public grpc::ClientContext {
 public:
  explicit CallContext(const Session& session, std::chrono::milliseconds more = {})
      : running_(session.running), number_(running_->add(*this)) {
    AddMetadata("containerd-namespace", session.name_space);
    if (!session.lease.empty()) AddMetadata("containerd-lease", session.lease);
    set_deadline(std::chrono::system_clock::now() + session.timeout + more);
  }
  CallContext(const CallContext&) = delete;
  CallContext& operator=(const CallContext&) = delete;
  ~CallContext() { running_->remove(number_); }

 private:
  std::shared_ptr<RunningCalls> running_;
  std::uint64_t number_;
};

inline Error to_error(const grpc::Status& status, std::string what, const Session& session) {
  return from_grpc(status.error_code(), status.error_message(), std::move(what), session.address);
}

/// One request, one response: unary(session, &api::Images::Stub::Get, request, "what it is for").
template <typename Stub, typename Request, typename Response>
Result<Response> unary(const Session& session,
                       grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                    Response*),
                       const Request& request, std::string what) {
  Stub stub(session.channel);
  CallContext context(session);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return to_error(status, std::move(what), session);
  return response;
}

/// unary() for calls whose answer says nothing.
template <typename Stub, typename Request>
Result<> command(const Session& session,
                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                              ::containerd::types::Nothing*),
                 const Request& request, std::string what) {
  TRY(unary(session, method, request, std::move(what)));
  return {};
}

/// Go's zero time (the year 1, which our clock cannot hold) and an absent time are Time().
inline Time to_time(const ::containerd::types::Timestamp& stamp) {
  if (stamp.seconds() <= 0) return {};
  const auto since =
      std::chrono::seconds(stamp.seconds()) + std::chrono::nanoseconds(stamp.nanos());
  return Time(std::chrono::duration_cast<Time::duration>(since));
}

template <typename Map>
Labels to_labels(const Map& map) {
  return Labels(map.begin(), map.end());
}

template <typename Map>
void set_labels(Map& map, const Labels& labels) {
  map.insert(labels.begin(), labels.end());
}

/// The field mask that changes exactly these labels.
inline void add_label_paths(::containerd::types::FieldMask& mask, const Labels& labels) {
  for (const auto& [key, value] : labels) mask.add_paths("labels." + key);
}

}  // namespace flintctl::containerd
