// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "containerd/call.hpp"
#include "containerd/plugins.hpp"
#include "containerd/services/introspection/v1/introspection.grpc.pb.h"
#include "containerd/services/version/v1/version.grpc.pb.h"

namespace flintctl::containerd {

std::vector<Plugin> to_plugins(
    const ::containerd::services::introspection::v1::PluginsResponse& response) {
  std::vector<Plugin> plugins;
  for (const auto& plugin : response.plugins()) {
    std::string init_error;
    if (plugin.has_init_err()) {
      init_error = plugin.init_err().message();
      if (init_error.empty()) init_error = "it did not start";
    }
    plugins.push_back({plugin.type(), plugin.id(), to_labels(plugin.exports()), init_error});
  }
  return plugins;
}

Result<Version> GrpcClient::version() {
  namespace api = ::containerd::services::version::v1;
  const auto response = TRY(unary(session_, &api::Version::Stub::Version,
                                  ::containerd::types::Nothing(), "asking containerd's version"));
  return Version{response.version(), response.revision()};
}

Result<std::vector<Plugin>> GrpcClient::plugins(const std::vector<std::string>& filters) {
  namespace api = ::containerd::services::introspection::v1;
  api::PluginsRequest request;
  // A list of filters is an OR for containerd; a comma within one is the AND that we promise.
  if (!filters.empty()) request.add_filters(fmt::format("{}", fmt::join(filters, ",")));
  const auto response = TRY(unary(session_, &api::Introspection::Stub::Plugins, request,
                                  "asking for containerd's plugins"));
  return to_plugins(response);
}

}  // namespace flintctl::containerd
