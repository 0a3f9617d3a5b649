// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "oci/credentials.hpp"

namespace flintctl::oci {

/// Where credentials are looked for, in order. One file when `named` (a flag) or
/// $REGISTRY_AUTH_FILE says so, else docker's config.json ($DOCKER_CONFIG, ~/.docker) and podman's
/// auth.json
/// ($XDG_RUNTIME_DIR/containers or /run/containers/UID, ~/.config/containers).
std::vector<std::string> auth_files(const std::string& named);

/// What the first of auth_files() that knows `host` has for it, its credential helper's word before
/// its own. A file that was named must exist.
Result<std::optional<Credentials>> load_credentials(const std::string& named, std::string_view host,
                                                    std::string_view repository = {});

/// Keeps credentials where docker would: by the credential helper that the first of auth_files()
/// names for `host`, else in that file (0600, replaced in one step, its other keys kept, one login
/// after the other). Returns where: the file's absolute path, or the helper's name.
Result<std::string> store_credentials(const std::string& named, std::string_view host,
                                      const Credentials& credentials);

/// Removes what store_credentials() keeps; false when there was nothing.
Result<bool> erase_credentials(const std::string& named, std::string_view host);

}  // namespace flintctl::oci
