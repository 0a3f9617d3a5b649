// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "containerd/types.hpp"

namespace flintctl::containerd {

/// What a containerd says of itself.
struct Glance {
  pid_t pid = 0;  ///< of the process that listens; 0: in another pid namespace
  Version version;
  std::vector<Plugin> plugins;  ///< snapshotters and the metadata store
};

/// Both questions in one exchange, without gRPC: its threads take ten times as long to come and to
/// go as containerd takes to answer. Nothing where anything is other than when all is well, an
/// interrupt included: a Client asks again, and its error says what it is.
std::optional<Glance> glance(const std::string& address, std::chrono::milliseconds patience);

}  // namespace flintctl::containerd
