// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace flintctl {

/// What kind of failure an Error is. Nearly gRPC's list (grpc/doc/statuscodes.md), plus the three
/// that an operator tells apart by exit status: a host that is not ready, a registry, a bug.
enum class Code {
  unknown,             ///< it failed and no finer word fits
  invalid_argument,    ///< the input is wrong whatever the host's state; before any side effect
  not_found,           ///< what was named does not exist
  already_exists,      ///< a thing of that name exists already
  aborted,             ///< somebody else holds it: a lock, a concurrent change
  deadline_exceeded,   ///< the time to wait is over
  host_not_ready,      ///< the host lacks something: device-mapper, KVM, pool, containerd
  permission_denied,   ///< root or a capability is missing
  registry,            ///< a registry refused, answered wrongly or cannot be reached
  unavailable,         ///< a peer does not answer now; trying again may help
  resource_exhausted,  ///< disk, pool or memory is full
  data_loss,           ///< bytes are not what their digest says
  unimplemented,       ///< the peer does not know the call
  cancelled,           ///< interrupted by the user
  internal,            ///< a bug of flintctl
};

/// One failure: what was attempted and why it failed, a next step for the person who reads it, and
/// the failure below it, if any. A value: cheap to move, copied only where it is stored.
class Error {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] Code code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }

  /// The hint of this error, or the first one found below it. Empty when there is none.
  [[nodiscard]] std::string_view hint() const;

  /// Message and causes in one line, outermost first: "pulling image 'x': connecting: refused".
  [[nodiscard]] std::string text() const;

  /// Adds the next step for the reader, as a sentence fragment without "hint:".
  Error with_hint(std::string hint) &&;

  /// Says what was attempted: the new outermost message; code and hint stay.
  Error context(std::string message) &&;

  /// The same error under another kind, for an adapter that knows better than the layer below.
  Error with_code(Code code) &&;

 private:
  Code code_;
  std::string message_;
  std::string hint_;
  std::shared_ptr<const Error> cause_;
};

}  // namespace flintctl
