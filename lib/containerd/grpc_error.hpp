// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/error.hpp"

namespace flintctl::containerd {

/// The Error for a gRPC status. `status` is its number (grpc/doc/statuscodes.md), `text` the
/// server's or gRPC's message, `what` what was attempted, `address` the socket that was asked. The
/// one place that knows how containerd says things: errdefs/grpc.go for codes; device-mapper's and
/// the filesystem's failures arrive as UNKNOWN and are told apart by their text.
Error from_grpc(int status, std::string_view text, std::string what, const std::string& address);

/// True for failures of Prepare and View that pass when tried again: a parent device that vanishes
/// in a deferred removal (containerd issues 5110 and 3787, fixed in 2.2), or one that udev or a
/// scan holds for a moment.
bool is_transient_devmapper_error(const Error& error);

/// True when the reference of a content write is held by another writer.
bool is_locked(const Error& error);

}  // namespace flintctl::containerd
