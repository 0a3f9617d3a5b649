// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "containerd/call.hpp"
#include "containerd/names.hpp"
#include "containerd/services/leases/v1/leases.grpc.pb.h"

namespace flintctl::containerd {

namespace api = ::containerd::services::leases::v1;

Result<> GrpcClient::lease_create(const std::string& id, const Labels& labels) {
  TRY(check_labels(labels));
  api::CreateRequest request;
  request.set_id(id);
  set_labels(*request.mutable_labels(), labels);
  TRY(unary(session_, &api::Leases::Stub::Create, request, fmt::format("creating lease '{}'", id)));
  return {};
}

Result<> GrpcClient::lease_delete(const std::string& id) {
  api::DeleteRequest request;
  request.set_id(id);
  request.set_sync(true);
  return command(session_, &api::Leases::Stub::Delete, request,
                 fmt::format("deleting lease '{}'", id));
}

Result<std::vector<Lease>> GrpcClient::lease_list(const std::vector<std::string>& filters) {
  api::ListRequest request;
  for (const auto& filter : filters) request.add_filters(filter);
  const auto response =
      TRY(unary(session_, &api::Leases::Stub::List, request, "listing containerd's leases"));
  std::vector<Lease> leases;
  for (const auto& lease : response.leases()) {
    leases.push_back({lease.id(), to_labels(lease.labels()), to_time(lease.created_at())});
  }
  return leases;
}

Result<> GrpcClient::lease_add(const std::string& lease, const LeaseResource& resource) {
  api::AddResourceRequest request;
  request.set_id(lease);
  request.mutable_resource()->set_id(resource.id);
  request.mutable_resource()->set_type(resource.type);
  return command(session_, &api::Leases::Stub::AddResource, request,
                 fmt::format("adding {} '{}' to lease '{}'", resource.type, resource.id, lease));
}

Result<std::vector<LeaseResource>> GrpcClient::lease_resources(const std::string& lease) {
  api::ListResourcesRequest request;
  request.set_id(lease);
  const auto response = TRY(unary(session_, &api::Leases::Stub::ListResources, request,
                                  fmt::format("listing what lease '{}' holds", lease)));
  std::vector<LeaseResource> resources;
  for (const auto& resource : response.resources()) {
    resources.push_back({resource.id(), resource.type()});
  }
  return resources;
}

}  // namespace flintctl::containerd
