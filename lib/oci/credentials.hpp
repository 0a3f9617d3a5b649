// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace flintctl::oci {

/// What a registry knows a person by. Never printed, logged or put on a command line.
struct Credentials {
  std::string username;        ///< empty: `secret` is an identity (refresh) token
  std::string secret;          ///< password or identity token
  std::string registry_token;  ///< sent as a bearer token as it is, when not empty
};

/// Credentials for `host` (Reference::host) in a docker config.json's "auths"; nothing when the
/// host is not in it. Credential helpers are not asked. containers-auth.json(5).
Result<std::optional<Credentials>> find_credentials(std::string_view config_json,
                                                    std::string_view host);

/// Reads `auth_file`, or where that is empty $REGISTRY_AUTH_FILE, $DOCKER_CONFIG/config.json or
/// $HOME/.docker/config.json, and looks up `host`. A file that was named must exist.
Result<std::optional<Credentials>> load_credentials(const std::string& auth_file,
                                                    std::string_view host);

/// RFC 4648, section 4, with padding.
std::string base64_encode(std::string_view bytes);
Result<std::string> base64_decode(std::string_view text);

}  // namespace flintctl::oci
