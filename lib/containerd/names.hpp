// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "containerd/types.hpp"
#include "core/result.hpp"

namespace flintctl::containerd {

/// invalid_argument for a label whose key and value have more than 4096 bytes together.
/// containerd: labels/validate.go.
Result<> check_labels(const Labels& labels);

/// invalid_argument unless `name` is at most 76 characters of letters and digits, in groups joined
/// by one of '.', '_', '-'. containerd: identifiers/validate.go.
Result<> check_namespace(std::string_view name);

/// The path in an address: "unix:///run/x.sock" and "/run/x.sock" are "/run/x.sock".
/// invalid_argument for another scheme, a relative path, or one longer than 107 bytes (unix(7)).
Result<std::string> socket_path(std::string_view address);

/// Succeeds when a process listens at the socket; never waits. Else host_not_ready (missing, no
/// socket, nobody listens) or permission_denied, each with a hint.
Result<> check_listening(const std::string& path);

}  // namespace flintctl::containerd
