// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "data/value.hpp"
#include "vmm/wait.hpp"

namespace flintctl::vmm::qemu {

/// A short conversation with QEMU's machine protocol: QEMU serves one client at a time and a second
/// one waits without a greeting, so open, ask and close. docs/interop/qmp-spec.txt.
class Qmp {
 public:
  /// Over a connected socket: greeting and capabilities. deadline_exceeded while QEMU is busy with
  /// another client.
  static Result<Qmp> negotiate(UniqueFd socket, const Deadline& deadline);
  /// The same at a socket path; unavailable when nothing listens.
  static Result<Qmp> open(const std::string& path, const Deadline& deadline);

  /// One command; its "return" member, or QEMU's own words as an error. Events that come meanwhile
  /// are passed over.
  Result<data::Value> execute(std::string_view command, const Deadline& deadline);

 private:
  explicit Qmp(UniqueFd socket) : socket_(std::move(socket)) {}
  Result<data::Value> read_message(const Deadline& deadline);

  UniqueFd socket_;
  std::string received_;
};

}  // namespace flintctl::vmm::qemu
