// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "provision/containerd_config.hpp"

namespace flintctl::provision {

/// What installing the configuration changes, or would change.
struct ContainerdInstall {
  bool file_differs = false;         ///< in meaning; comments and layout do not count
  std::vector<std::string> changes;  ///< one line each; empty: all is as it should be
  std::vector<std::string> notes;    ///< what is left as it is, one sentence each
  std::string diff;                  ///< unified; empty unless the file differs
  std::optional<mode_t> wide_root;   ///< root's mode as it is, when it is to be narrowed
  std::string backup;                ///< where a different file was kept; only after applying
  [[nodiscard]] bool changed() const { return !changes.empty(); }
};

/// Looks, and touches nothing: the file at `path`, and root (0700), state (0711) and snapshotter
/// directory (0700). An existing root is narrowed only where nobody else can miss what they had:
/// it holds what is containerd's alone, or nothing and is no mount point.
Result<ContainerdInstall> plan_containerd_config(const ContainerdSettings& settings,
                                                 const std::string& path);

/// Makes it so. A file that differs stays as `<path>.bak-<UTC time>`. Running containerds read
/// their file at start only.
Result<ContainerdInstall> install_containerd_config(const ContainerdSettings& settings,
                                                    const std::string& path);

}  // namespace flintctl::provision
