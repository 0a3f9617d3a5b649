// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "containerd/client.hpp"
#include "image/progress.hpp"
#include "image/pull_image.hpp"
#include "inventory/paths.hpp"
#include "lifecycle/parts.hpp"
#include "vmm/provider.hpp"

namespace flintctl::lifecycle {

/// When and how images are pulled; asked for when one is, for each anew.
struct PullSource {
  std::function<Result<image::PullOptions>(const oci::Reference& reference)> options;
  /// For images of these names that are pulled at once.
  std::function<std::unique_ptr<image::ProgressDisplay>(const std::vector<std::string>& names)>
      display;
  /// Hears of each image that a registry was asked for, when all that were asked for at once are
  /// here; may be empty.
  std::function<void(const image::PullResult& result)> pulled = {};
  image::PullPolicy policy = image::PullPolicy::missing;
};

/// What the real parts need; `client` outlives them.
struct HostSettings {
  containerd::Client* client = nullptr;  ///< nullptr: for plans only
  inventory::Paths paths;
  std::string snapshotter;
  std::map<std::string, vmm::Settings> providers;  ///< `[providers.NAME]`
  PullSource pull;
};

/// This host's devices, mounts, interfaces and processes. Opens none of them before it is asked.
std::unique_ptr<Parts> open_host_parts(HostSettings settings);

}  // namespace flintctl::lifecycle
