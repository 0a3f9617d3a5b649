// SPDX-License-Identifier: Apache-2.0
#include "containerd/call.hpp"
#include "containerd/services/namespaces/v1/namespace.grpc.pb.h"

namespace flintctl::containerd {

Result<std::vector<std::string>> GrpcClient::namespaces() {
  namespace api = ::containerd::services::namespaces::v1;
  const auto response = TRY(unary(session_, &api::Namespaces::Stub::List,
                                  api::ListNamespacesRequest(), "listing containerd's namespaces"));
  std::vector<std::string> names;
  for (const auto& found : response.namespaces()) names.push_back(found.name());
  return names;
}

}  // namespace flintctl::containerd
