// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "provision/containerd_config.hpp"
#include "provision/containerd_daemon.hpp"

namespace flintctl::provision {

/// A private containerd's files in a temporary folder. The destructor ends what was started.
class TestHost {
 public:
  TestHost();
  ~TestHost();
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  /// Writes the configuration for `settings`, as `containerd config --write` would.
  void configure() const;
  /// A program named containerd that answers --version and otherwise runs `body` (sh).
  std::string script(const std::string& body) const;

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const std::string& address() const { return settings.address; }
  [[nodiscard]] ContainerdStop stop_options() const;
  /// Pids in the cgroup or unit of this host's containerd.
  [[nodiscard]] std::vector<pid_t> processes() const;
  [[nodiscard]] std::string log() const;

  ContainerdSettings settings;
  ContainerdStart start;  ///< asks for the overlayfs snapshotter, which works anywhere

 private:
  std::string folder_;
};

/// A TCP port of the loopback that was free a moment ago.
unsigned free_port();

/// Message, causes and hint of an error in one line.
std::string said(const Error& error);

}  // namespace flintctl::provision
