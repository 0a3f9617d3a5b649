// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/value.hpp"
#include "vmm/machine.hpp"

namespace flintctl::vmm {

/// A file that must exist before the hypervisor starts.
struct PlannedFile {
  enum class Content { fresh, kept };  ///< emptied first (a new file), or appended to
  std::string path;
  Content content = Content::fresh;
  /// Bytes of space set aside for it, so that a guest that fills the log mount with console output
  /// cannot take away the room for the reason of its end.
  std::uint64_t reserve = 0;
  static constexpr std::uint64_t last_words = 64 * 1024;
};

/// One request to the hypervisor's control socket.
struct ApiCall {
  std::string method;  ///< "PUT"
  std::string path;    ///< "/drives/root"
  data::Value body;
};

/// Everything that starting a Machine does, as plain values: `--dry-run` prints it, vmm::launch and
/// Provider::configure_and_boot do it.
struct LaunchPlan {
  std::vector<std::string> argv;  ///< argv[0] is the absolute path of the hypervisor
  std::string run_directory;
  std::string output;  ///< the process's stdout is appended here
  std::string errors;  ///< its stderr
  std::vector<PlannedFile> files;
  std::vector<std::string> stale;  ///< sockets of an earlier run, removed first
  std::string control_socket;
  std::vector<ApiCall> calls;  ///< in order; empty for a provider that boots from its argv
};

/// The plan for people and machines: {argv, files, calls: [{method, path, body}]}.
data::Value to_value(const LaunchPlan& plan);

}  // namespace flintctl::vmm
