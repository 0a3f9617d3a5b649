// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "config/config.hpp"
#include "containerd/client.hpp"
#include "core/result.hpp"
#include "output/format.hpp"
#include "output/streams.hpp"

namespace flintctl::cmd {

/// What provisioning reads when no other file is named.
inline constexpr const char* default_host_file = "/etc/flintctl/host.toml";

/// Flags that every command takes, as typed; empty means "not given".
struct GlobalOptions {
  std::string containerd_address;
  std::string containerd_namespace;
  std::string pool;
  std::string config_file;
  std::string output = "table";
  std::string vm_namespace = "default";
  bool all_namespaces = false;
  bool no_headers = false;
  bool no_color = false;
  int verbosity = 0;
};

/// What a command works on: its streams, its settings, and the host's real parts, each opened when
/// a command first asks for it.
class Host {
 public:
  /// `containerd` is of tests; without it a command connects when it first asks.
  Host(output::Streams& streams, GlobalOptions& options,
       std::unique_ptr<containerd::Client> containerd = nullptr)
      : streams_(streams), options_(options), containerd_(std::move(containerd)) {}

  output::Streams& streams();
  const GlobalOptions& options() { return options_; }
  /// Flag over environment over file over default, and for the pool host.toml over the default;
  /// read once.
  Result<const config::Config*> config();
  Result<output::Format> format();
  /// containerd at the configured address and namespace; host_not_ready when nothing listens.
  Result<containerd::Client*> containerd();

 private:
  output::Streams& streams_;
  GlobalOptions& options_;
  std::unique_ptr<config::Config> config_;
  std::unique_ptr<containerd::Client> containerd_;
};

}  // namespace flintctl::cmd
