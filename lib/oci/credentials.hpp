// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/value.hpp"

namespace flintctl::oci {

/// What a registry knows a person by. Never printed, logged or put on a command line.
struct Credentials {
  std::string username;        ///< empty: `secret` is an identity (refresh) token
  std::string secret;          ///< password or identity token
  std::string registry_token;  ///< sent as a bearer token as it is, when not empty
};

/// What an auth file says about the registry of one image.
struct AuthEntry {
  std::string helper;  ///< the credential helper that is asked first; empty: none
  std::string server;  ///< what the helper knows the registry by
  std::optional<Credentials> credentials;  ///< written in the file itself
};

/// A docker config.json or a podman auth.json, of which an empty file is one without entries.
Result<data::Value> parse_auth_file(std::string_view text);

/// Looks `host` (Reference::host) up in a docker config.json or a podman auth.json: its own helper,
/// else the store of all, and "auths", where an entry for a part of `repository` is the better one.
/// containers-auth.json(5); docker's "credential helpers".
Result<AuthEntry> find_auth(std::string_view config_json, std::string_view host,
                            std::string_view repository = {});

/// The keys that clients write a registry under in "auths", what docker writes first.
std::vector<std::string> auth_keys(std::string_view host);

/// RFC 4648, section 4, with padding.
std::string base64_encode(std::string_view bytes);
Result<std::string> base64_decode(std::string_view text);

}  // namespace flintctl::oci
