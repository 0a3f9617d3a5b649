// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "sys/process.hpp"

namespace flintctl::containerd {

/// A real containerd of this host's package with root, state and socket in a temporary folder; it
/// touches no other. It ends, and the folder goes, with this object, and also when the test dies.
/// Its snapshotters need no device-mapper: "native", and "overlayfs" where the filesystem allows
/// it.
class PrivateContainerd {
 public:
  /// Returns when the socket answers. The error quotes the end of the daemon's log. `root`: another
  /// folder for what outlives the daemon; empty: one in the temporary folder.
  static Result<std::unique_ptr<PrivateContainerd>> start(const std::string& root = {});
  ~PrivateContainerd();
  PrivateContainerd(const PrivateContainerd&) = delete;
  PrivateContainerd& operator=(const PrivateContainerd&) = delete;

  /// Kills it, and returns when its successor answers at the same socket, with what it had.
  Result<> restart();

  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// Where it keeps what outlives it.
  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] std::string address() const { return folder_ + "/c.sock"; }
  [[nodiscard]] std::string log() const;
  [[nodiscard]] Result<std::unique_ptr<Client>> connect(const std::string& name_space) const;

 private:
  PrivateContainerd(std::string folder, std::string root)
      : folder_(std::move(folder)), root_(std::move(root)) {}
  Result<> launch();
  Result<> await_socket();

  std::string folder_;
  std::string root_;
  std::unique_ptr<sys::Process> process_;
};

}  // namespace flintctl::containerd
